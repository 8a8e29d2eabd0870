// SPDX-License-Identifier: Apache-2.0
// Soracom: users.soracom.io/ja-jp/tools/api/reference. Usage comes for each speed class.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer soracom_error(int status, const char* code, const char* message) {
  return {status, fmt::format(R"({{"code":"{}","message":"{}"}})", code, message)};
}

class Soracom : public Dialect {
 public:
  std::string base_path() const override { return "/v1"; }
  Texts settings() const override {
    return {{"auth_key_id", "keyId-soracom"}, {"auth_key", "secret-soracom"}};
  }
  bool is_log_in(const Call& call) const override { return call.path == "/auth"; }
  Answer error_in_200() const override { return soracom_error(200, "COM0001", "internal error"); }
  Answer nothing() const override { return {200, "[]"}; }

  Answer answer(const Call& call) override {
    if (is_log_in(call)) return log_in(call);
    if (header(call, "x-soracom-api-key") != "api-key-soracom" ||
        !tokens.contains(header(call, "x-soracom-token"))) {
      return soracom_error(401, "AUM0002", "Invalid token");
    }
    const auto path = pieces(call.path);
    if (path.size() == 4 && path[0] == "stats" && path[1] == "air" && path[2] == "sims") {
      return stats(call, path[3]);
    }
    if (call.path == "/query/sims" && call.method == "GET") return search(call);
    if (path.size() != 3 || path[0] != "sims" || !call.query.empty()) {
      return soracom_error(404, "COM0004", "No such path");
    }
    Card* card = by_id(path[1]);
    if (card == nullptr) return soracom_error(404, "SIM0001", "No such SIM");
    if (call.method != "POST") return soracom_error(405, "COM0005", "Method");
    if (path[2] == "suspend") {
      set_status(*card, "suspended");
    } else if (path[2] == "activate") {
      set_status(*card, "active");
    } else {
      return soracom_error(404, "COM0004", "No such path");
    }
    return {200, sim(*card)};
  }

 private:
  Answer log_in(const Call& call) {
    const Texts body = leaves(call.body);
    if (call.method != "POST" || !is_json(call) || !has_just(body, {"/authKeyId", "/authKey"})) {
      return soracom_error(400, "AUM0001", "authKeyId and authKey");
    }
    if (body.at("/authKeyId") != R"("keyId-soracom")" ||
        body.at("/authKey") != R"("secret-soracom")") {
      return soracom_error(401, "AUM0003", "Invalid key");
    }
    return {200, fmt::format(R"({{"apiKey":"api-key-soracom","operatorId":"OP1","token":{}}})",
                             in_quotes(issue_token()))};
  }

  // A simId that is not the ICCID, as an eSIM has one.
  static std::string id_of(const Card& card) { return "SIM-" + card.iccid; }
  Card* by_id(const std::string& id) {
    for (Card& card : cards) {
      if (id_of(card) == id) return &card;
    }
    return nullptr;
  }

  // Any part of an ICCID of at least two characters.
  Answer search(const Call& call) const {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"iccid"}) || query.at("iccid").size() < 2) {
      return soracom_error(400, "COM0002", "iccid");
    }
    std::vector<std::string> found;
    for (const Card& card : cards) {
      if (card.iccid.find(query.at("iccid")) != std::string::npos) found.push_back(sim(card));
    }
    return {200, array_of(found)};
  }

  static std::string sim(const Card& card) {
    return fmt::format(R"({{"simId":"{}","operatorId":"OP1","status":{},"type":"uicc",)"
                       R"("subscription":"plan01s","createdTime":{},"expiryTime":{},)"
                       R"("profiles":{{"{}":{{"iccid":"{}","primaryImsi":"295100000000001",)"
                       R"("subscribers":{{}}}}}},"sessionStatus":{{"online":true,)"
                       R"("imei":"860195754148983"}},"msisdn":"423000000000001"}})",
                       id_of(card), in_quotes(card.status),
                       card.opened.empty() ? "null" : card.opened,
                       card.expires.empty() ? "null" : card.expires, card.iccid, card.iccid);
  }

  // "up+down;up+down": one for each speed class.
  Answer stats(const Call& call, const std::string& id) {
    const Texts query = parameters(call.query);
    if (call.method != "GET" || !has_just(query, {"from", "to", "period"}) ||
        query.at("period") != "month" || !all_digits(query.at("from"), 10) ||
        !all_digits(query.at("to"), 10) || query.at("from") > query.at("to")) {
      return soracom_error(400, "STA0001", "from, to and period");
    }
    const Card* card = by_id(id);
    if (card == nullptr) return soracom_error(404, "SIM0001", "No such SIM");
    if (card->used.empty()) return {200, "[]"};
    std::string classes;
    std::string_view rest = card->used;
    for (int n = 0; !rest.empty(); ++n) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      const std::size_t plus = one.find('+');
      classes +=
          fmt::format(R"({}"s1.class{}":{{"uploadByteSizeTotal":{},"downloadByteSizeTotal":{},)"
                      R"("uploadPacketSizeTotal":1,"downloadPacketSizeTotal":1}})",
                      n == 0 ? "" : ",", n, number(std::string{one.substr(0, plus)}),
                      number(std::string{one.substr(plus + 1)}));
    }
    return {200, fmt::format(R"([{{"date":"202611","unixtime":{},"dataTrafficStatsMap":{{{}}}}}])",
                             query.at("from"), classes)};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_soracom() {
  return std::make_unique<Soracom>();
}

}  // namespace iotcard::simulated
