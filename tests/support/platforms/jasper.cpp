// SPDX-License-Identifier: Apache-2.0
// Cisco Control Center: developer.cisco.com/docs/control-center. The ICCID as the card has it.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer jasper_error(int status, const char* code, const char* message) {
  return {status, fmt::format(R"({{"errorMessage":"{}","errorCode":"{}"}})", message, code)};
}

class Jasper : public Dialect {
 public:
  std::string base_path() const override { return "/rws/api/v1"; }
  Texts settings() const override {
    return {{"username", "iotcard"}, {"api_key", "7f2a-jasper-key"}};
  }
  Answer too_many() const override { return jasper_error(429, "40000029", "Rate Limit Exceeded"); }
  Answer error_in_200() const override { return jasper_error(200, "30000001", "System Error"); }
  Answer nothing() const override { return {200, "{}"}; }

  Answer answer(const Call& call) override {
    if (header(call, "authorization") != "Basic " + base64("iotcard:7f2a-jasper-key")) {
      return jasper_error(401, "10000001", "Invalid credentials");
    }
    const auto path = pieces(call.path);
    if (path.size() < 2 || path.size() > 3 || path[0] != "devices" || !call.query.empty() ||
        (path.size() == 3 && path[2] != "ctdUsages")) {
      return jasper_error(404, "10000010", "No such resource");
    }
    Card* card = find(path[1]);
    if (card == nullptr) return jasper_error(404, "20000001", "Resource not found - Invalid ICCID");
    if (path.size() == 2 && call.method == "PUT") return change(call, *card);
    if (call.method != "GET") return jasper_error(405, "10000011", "Method not allowed");
    return {200, path.size() == 3 ? usage(*card) : device(*card)};
  }

 private:
  Answer change(const Call& call, Card& card) const {
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/status"}) ||
        (body.at("/status") != R"("ACTIVATED")" && body.at("/status") != R"("DEACTIVATED")")) {
      return jasper_error(400, "10000024", "Invalid sim status");
    }
    set_status(card, body.at("/status").substr(1, body.at("/status").size() - 2));
    return {200, fmt::format(R"({{"iccid":"{}"}})", card.iccid)};
  }

  std::string device(const Card& card) const {
    return fmt::format(
        R"({{"iccid":{},"imsi":"310150123456789","msisdn":"882351000000001","imei":"351234567890123","status":{},)"
        R"("ratePlan":"hphlr rp1","communicationPlan":"CP_Basic","customer":null,)"
        R"("dateActivated":{}}})",
        in_quotes(card.iccid), in_quotes(card.status), quoted_or_null(card.activated));
  }

  std::string usage(const Card& card) const {
    return fmt::format(
        R"({{"iccid":{},"imsi":"310150123456789","msisdn":"882351000000001","imei":"351234567890123","status":{},)"
        R"("ratePlan":"hphlr rp1","communicationPlan":"CP_Basic","ctdDataUsage":{},)"
        R"("ctdSMSUsage":0,"ctdVoiceUsage":0,"ctdSessionCount":3,"overageLimitReached":false,)"
        R"("overageLimitOverride":"DEFAULT"}})",
        in_quotes(card.iccid), in_quotes(card.status), number(card.used));
  }
};

}  // namespace

std::unique_ptr<Dialect> make_jasper() {
  return std::make_unique<Jasper>();
}

}  // namespace iotcard::simulated
