// SPDX-License-Identifier: Apache-2.0
// Telnyx: developers.telnyx.com. The filter takes any part of an ICCID.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer telnyx_error(int status, const char* code, const char* title) {
  return {status, fmt::format(R"({{"errors":[{{"code":"{}","title":"{}","detail":"{}"}}]}})", code,
                              title, title)};
}

class Telnyx : public Dialect {
 public:
  std::string base_path() const override { return "/v2"; }
  Texts settings() const override { return {{"api_key", "KEY0telnyx"}}; }
  Answer too_many() const override {
    Answer out = telnyx_error(429, "10011", "Too many requests");
    out.headers["Retry-After"] = "7";
    return out;
  }
  Answer error_in_200() const override { return telnyx_error(200, "10007", "Unexpected error"); }
  Answer nothing() const override { return {200, R"({"data":[],"meta":{"total_results":0}})"}; }

  Answer answer(const Call& call) override {
    if (header(call, "authorization") != "Bearer KEY0telnyx") {
      return telnyx_error(401, "10009", "Authentication failed");
    }
    const auto path = pieces(call.path);
    if (path.empty() || path[0] != "sim_cards")
      return telnyx_error(404, "10005", "Resource not found");
    if (path.size() == 1 && call.method == "GET") return list(call);
    if (path.size() == 4 && path[2] == "actions" && call.method == "POST") {
      return act(path[1], path[3]);
    }
    return telnyx_error(404, "10005", "Resource not found");
  }

 private:
  Answer list(const Call& call) const {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"filter[iccid]"})) return telnyx_error(400, "10015", "Bad filter");
    std::vector<std::string> rows;
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (cards[n].iccid.find(query.at("filter[iccid]")) != std::string::npos) {
        rows.push_back(row(cards[n], n));
      }
    }
    return {200, fmt::format(R"({{"data":{},"meta":{{"total_results":{}}}}})", array_of(rows),
                             rows.size())};
  }

  std::string row(const Card& card, std::size_t n) const {
    const auto unit = card.more.find("unit");
    const std::string_view name = unit == card.more.end() ? "MB" : std::string_view{unit->second};
    return fmt::format(
        R"({{"id":"sim-{}","record_type":"sim_card","iccid":{},"imsi":"310410000000001",)"
        R"("msisdn":"+13109976224","status":{{"value":{},"reason":"told so"}},)"
        R"("data_limit":{{"amount":{},"unit":"{}"}},)"
        R"("current_billing_period_consumed_data":{{"amount":{},"unit":"{}"}}}})",
        n, in_quotes(card.iccid), in_quotes(card.status), number_text(card.limit), name,
        number_text(card.used), name);
  }

  Answer act(const std::string& id, const std::string& action) {
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (id != fmt::format("sim-{}", n)) continue;
      if (action == "disable") {
        set_status(cards[n], "disabled");
      } else if (action == "enable") {
        set_status(cards[n], "enabled");
      } else {
        break;
      }
      return {202, fmt::format(R"({{"data":{{"id":"action-1","sim_card_id":"{}",)"
                               R"("status":{{"value":"in-progress"}}}}}})",
                               id)};
    }
    return telnyx_error(404, "10005", "Resource not found");
  }
};

}  // namespace

std::unique_ptr<Dialect> make_telnyx() {
  return std::make_unique<Telnyx>();
}

}  // namespace iotcard::simulated
