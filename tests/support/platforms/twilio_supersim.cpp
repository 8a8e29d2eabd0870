// SPDX-License-Identifier: Apache-2.0
// Twilio Super SIM: twilio.com/docs/iot/supersim/api, and what KORE made of it, with a token from
// another host: github.com/korewireless/kore-openapi, docs.korewireless.com/errors.
#include <fmt/format.h>

#include <algorithm>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer twilio_supersim_error(int status, int code, const char* message) {
  return {status,
          fmt::format(R"({{"code":{},"message":"{}","status":{}}})", code, message, status)};
}

class SuperSim : public Dialect {
 public:
  std::string base_path() const override { return "/v1"; }
  Texts settings() const override {
    return {{"account_sid", "AC0001"}, {"auth_token", "twilio-token"}};
  }
  Answer too_many() const override {
    return twilio_supersim_error(429, 20429, "Too Many Requests");
  }
  Answer error_in_200() const override {
    return twilio_supersim_error(200, 20500, "Internal Server Error");
  }
  Answer nothing() const override { return {200, R"({"sims":[],"meta":{"key":"sims"}})"}; }

  Answer answer(const Call& call) override {
    check_credentials(call);
    const auto path = pieces(call.path);
    if (call.path == "/Sims" && call.method == "GET") return list(call);
    if (call.path == "/UsageRecords" && call.method == "GET") return usage(call);
    if (path.size() == 2 && path[0] == "Sims" && call.method == "POST") {
      return change(call, path[1]);
    }
    return twilio_supersim_error(404, 20404, "The requested resource was not found");
  }

 protected:
  virtual void check_credentials(const Call& call) const {
    if (header(call, "authorization") == "Basic " + base64("AC0001:twilio-token")) return;
    throw Refused{twilio_supersim_error(401, 20003, "Authenticate")};
  }

 private:
  Card* by_sid(const std::string& sid) {
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (sid == fmt::format("HS{}", n)) return &cards[n];
    }
    return nullptr;
  }

  std::string sim(const Card& card) const {
    return fmt::format(R"({{"sid":"HS{}","account_sid":"AC0001","iccid":{},"status":{},)"
                       R"("fleet_sid":"HF1","date_created":{},"unique_name":"a"}})",
                       &card - cards.data(), in_quotes(card.iccid), in_quotes(card.status),
                       quoted_or_null(card.opened));
  }

  Answer list(const Call& call) {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"Iccid"})) return twilio_supersim_error(400, 20001, "Iccid");
    const Card* card = find(query.at("Iccid"));
    if (card == nullptr) return nothing();
    return {200, fmt::format(R"({{"sims":[{}],"meta":{{"key":"sims"}}}})", sim(*card))};
  }

  // "100;200": one for each record.
  Answer usage(const Call& call) {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"Sim", "StartTime", "EndTime"}) || query.at("StartTime").size() != 20 ||
        query.at("StartTime")[10] != 'T' || query.at("StartTime")[19] != 'Z' ||
        query.at("EndTime") < query.at("StartTime")) {
      return twilio_supersim_error(400, 20001, "Sim, StartTime and EndTime");
    }
    const Card* card = by_sid(query.at("Sim"));
    if (card == nullptr) return twilio_supersim_error(404, 20404, "No such Sim");
    std::vector<std::string> rows;
    std::string_view rest = card->used;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      rows.push_back(fmt::format(R"({{"account_sid":"AC0001","sim_sid":{},"data_total":{}}})",
                                 in_quotes(query.at("Sim")), number(std::string{one})));
    }
    const auto next = card->more.find("next_page_url");
    return {200, fmt::format(R"({{"usage_records":{},"meta":{{"key":"usage_records",)"
                             R"("next_page_url":{}}}}})",
                             array_of(rows),
                             next == card->more.end() ? "null" : in_quotes(next->second))};
  }

  Answer change(const Call& call, const std::string& sid) {
    const Texts form = parameters(call.body);
    Card* card = by_sid(sid);
    if (card == nullptr) return twilio_supersim_error(404, 20404, "No such Sim");
    if (!is_form(call) || !has_just(form, {"Status"}) ||
        (form.at("Status") != "active" && form.at("Status") != "inactive")) {
      return twilio_supersim_error(400, 20001, "Status");
    }
    set_status(*card, form.at("Status"));
    return {202, sim(*card)};
  }
};

class KoreSuperSim : public SuperSim {
 public:
  Texts settings() const override {
    return {{"client_id", "apiclient_1"},
            {"client_secret", "kore-secret"},
            {"auth_url", "{origin}/api-services"}};
  }
  std::string log_in_path() const override { return "/api-services/v1/auth/token"; }
  bool is_log_in(const Call& call) const override { return call.path == log_in_path(); }
  Answer too_many() const override { return Dialect::too_many(); }

  Answer answer(const Call& call) override {
    return is_log_in(call) ? log_in(call) : SuperSim::answer(call);
  }

 protected:
  void check_credentials(const Call& call) const override {
    const std::string authorization = header(call, "authorization");
    if (authorization.starts_with("Bearer ") && tokens.contains(authorization.substr(7))) return;
    throw Refused{{403, R"({"message":"User is not authorized to access this resource with an )"
                        R"(explicit deny","error":"Invalid or expired token"})"}};
  }

 private:
  Answer log_in(const Call& call) {
    const Texts form = parameters(call.body);
    if (call.method != "POST" || !is_form(call) ||
        !has_just(form, {"grant_type", "client_id", "client_secret"}) ||
        form.at("grant_type") != "client_credentials") {
      return twilio_supersim_error(400, 40400, "Bad request");
    }
    if (form.at("client_id") != "apiclient_1" || form.at("client_secret") != "kore-secret") {
      return {401, R"({"error":"unauthorized_client","error_description":"Invalid client or )"
                   R"(Invalid client credentials"})"};
    }
    return {200, fmt::format(R"({{"access_token":{},"expires_in":3600,"token_type":"Bearer",)"
                             R"("scope":"email"}})",
                             in_quotes(issue_token()))};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_kore_supersim() {
  return std::make_unique<KoreSuperSim>();
}

std::unique_ptr<Dialect> make_twilio_supersim() {
  return std::make_unique<SuperSim>();
}

}  // namespace iotcard::simulated
