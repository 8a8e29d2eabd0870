// SPDX-License-Identifier: Apache-2.0
// emnify: docs.emnify.com/developers/api. The volume is a text, in MB; the current month is there
// only if there was traffic.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer emnify_error(int status, const char* code, const char* message) {
  return {status, fmt::format(R"({{"error_code":"{}","message":"{}"}})", code, message)};
}

class Emnify : public Dialect {
 public:
  Texts settings() const override { return {{"application_token", "emnify.app.token"}}; }
  bool is_log_in(const Call& call) const override { return call.path == "/api/v1/authenticate"; }
  Answer error_in_200() const override { return emnify_error(200, "InternalError", "try later"); }
  Answer nothing() const override { return {200, "[]"}; }

  Answer answer(const Call& call) override {
    if (is_log_in(call)) return log_in(call);
    const std::string authorization = header(call, "authorization");
    if (authorization.compare(0, 7, "Bearer ") != 0 || !tokens.contains(authorization.substr(7))) {
      return emnify_error(401, "Unauthorized", "The token is invalid or expired");
    }
    const auto path = pieces(call.path);
    if (path.size() < 3 || path[0] != "api" || path[1] != "v1" || path[2] != "sim") {
      return emnify_error(404, "ResourceNotFound", "No such path");
    }
    if (path.size() == 3) return list(call);
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (path[3] != std::to_string(n + 500)) continue;
      if (path.size() == 5 && path[4] == "stats" && call.method == "GET") return stats(cards[n]);
      if (path.size() == 4 && call.method == "PATCH") return change(call, cards[n]);
      return emnify_error(405, "MethodNotAllowed", "Method not allowed");
    }
    return emnify_error(404, "ResourceNotFound", "No such SIM");
  }

 private:
  Answer log_in(const Call& call) {
    const Texts body = leaves(call.body);
    if (call.method != "POST" || !is_json(call) || !has_just(body, {"/application_token"})) {
      return emnify_error(400, "BadRequest", "application_token is missing");
    }
    if (body.at("/application_token") != R"("emnify.app.token")") {
      return emnify_error(401, "Unauthorized", "Wrong application token");
    }
    return {200, fmt::format(R"({{"auth_token":{}}})", in_quotes(issue_token()))};
  }

  Answer list(const Call& call) const {
    const Texts query = parameters(call.query);
    if (call.method != "GET" || !has_just(query, {"q"}))
      return emnify_error(400, "BadRequest", "q");
    std::vector<std::string> rows;
    for (std::size_t n = 0; n < cards.size(); ++n) {
      const std::string with_luhn = cards[n].iccid + luhn_digit(cards[n].iccid);
      if (query.at("q") != "iccid:" + cards[n].iccid &&
          query.at("q") != "iccid_with_luhn:" + with_luhn) {
        continue;
      }
      rows.push_back(fmt::format(
          R"({{"id":{},"iccid":"{}","iccid_with_luhn":"{}","imsi":"295050000000001",)"
          R"("msisdn":"423663000000001","activation_date":{},"status":{{"id":{},)"
          R"("description":"x"}},"endpoint":{{"id":1,"imei":"864345678889321"}}}})",
          n + 500, cards[n].iccid, with_luhn, quoted_or_null(cards[n].activated), cards[n].status));
    }
    return {200, array_of(rows)};
  }

  Answer stats(const Card& card) const {
    if (card.used.empty()) return {200, R"({"last_hour":{"data":{"rx":[],"tx":[]}}})"};
    return {200, fmt::format(R"({{"current_month":{{"data":{{"id":1,"volume":{},)"
                             R"("traffic_type":{{"id":5,"description":"Data"}}}}}}}})",
                             number_text(card.used))};
  }

  Answer change(const Call& call, Card& card) const {
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/status/id"}) ||
        (body.at("/status/id") != "1" && body.at("/status/id") != "2")) {
      return emnify_error(400, "BadRequest", "status");
    }
    set_status(card, body.at("/status/id"));
    return {204, ""};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_emnify() {
  return std::make_unique<Emnify>();
}

}  // namespace iotcard::simulated
