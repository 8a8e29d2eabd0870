// SPDX-License-Identifier: Apache-2.0
// 1NCE: help.1nce.com/specs/sim-management.json, and sim-management-v2.json for its errors. An
// ICCID has 19 digits there, without the Luhn digit; with it there is no such SIM.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer once_error(int status, const char* token, const char* message) {
  return {status, fmt::format(R"({{"error_code":{},"error_token":"{}","message":"{}"}})",
                              status + 1000, token, message)};
}

class Once : public Dialect {
 public:
  std::string base_path() const override { return "/management-api"; }
  Texts settings() const override {
    return {{"client_id", "once-client"}, {"client_secret", "once:secret"}};
  }
  bool is_log_in(const Call& call) const override { return call.path == "/oauth/token"; }
  Answer error_in_200() const override {
    return {200, R"({"error_code":1500,"error_token":"InternalError","message":"internal"})"};
  }
  Answer nothing() const override { return {200, "{}"}; }

  Answer answer(const Call& call) override {
    if (is_log_in(call)) return log_in(call);
    const std::string authorization = header(call, "authorization");
    if (authorization.compare(0, 7, "Bearer ") != 0 || !tokens.contains(authorization.substr(7))) {
      return once_error(401, "Unauthorized", "Unauthorized");
    }
    const auto path = pieces(call.path);
    if (path.size() < 3 || path[0] != "v1" || path[1] != "sims" || !call.query.empty() ||
        (path.size() > 3 && !(path.size() == 5 && path[3] == "quota" && path[4] == "data"))) {
      return {404, R"({"message":"no Route matched with those values"})"};
    }
    Card* card = all_digits(path[2], 19) ? find(path[2]) : nullptr;
    if (card == nullptr) return once_error(404, "NotFound", "SIM not found");
    if (path.size() == 3 && call.method == "PUT") return change(call, *card);
    if (call.method != "GET") return once_error(405, "MethodNotAllowed", "Method not allowed");
    return path.size() == 5 ? quota(*card) : sim(*card);
  }

 private:
  Answer log_in(const Call& call) {
    if (call.method != "POST" || !is_json(call) ||
        leaves(call.body) != Texts{{"/grant_type", R"("client_credentials")"}}) {
      return once_error(400, "BadRequest", "Bad request");
    }
    if (header(call, "authorization") != "Basic " + base64("once-client:once:secret")) {
      return once_error(401, "Unauthorized", "Unauthorized");
    }
    return {200, fmt::format(R"({{"status_code":200,"access_token":{},"token_type":"bearer",)"
                             R"("expires_in":3600}})",
                             in_quotes(issue_token()))};
  }

  static Answer sim(const Card& card) {
    return {200, fmt::format(R"({{"iccid":"{}","iccid_with_luhn":"{}{}","imsi":"901405100000018",)"
                             R"("msisdn":"882285100000018","imei":"3580000000000100","status":{},)"
                             R"("activation_date":{},"ip_address":"10.0.0.1","label":""}})",
                             card.iccid, card.iccid, luhn_digit(card.iccid), in_quotes(card.status),
                             quoted_or_null(card.activated))};
  }

  Answer quota(const Card& card) const {
    if (card.limit.empty()) return once_error(404, "NotFound", "No quota");
    return {200,
            fmt::format(R"({{"volume":{},"total_volume":{},"expiry_date":{},)"
                        R"("peak_throughput":1000000,"threshold_percentage":20}})",
                        number(card.remaining), number(card.limit), quoted_or_null(card.expires))};
  }

  Answer change(const Call& call, Card& card) const {
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/status"}) ||
        (body.at("/status") != R"("Enabled")" && body.at("/status") != R"("Disabled")")) {
      return once_error(400, "BadRequest", "Bad request");
    }
    if (card.more.contains("expired")) return once_error(422, "Expired", "The SIM has expired");
    set_status(card, body.at("/status").substr(1, body.at("/status").size() - 2));
    return {200, ""};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_1nce() {
  return std::make_unique<Once>();
}

}  // namespace iotcard::simulated
