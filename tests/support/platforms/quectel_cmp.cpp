// SPDX-License-Identifier: Apache-2.0
// Quectel / Acceleronix CMP, as the vendor's own client speaks it. The names in the detail, and the
// codes beside 200, are not known.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer quectel_cmp_error(int code, const char* message) {
  return {200, fmt::format(R"({{"code":{},"msg":"{}","data":null}})", code, message)};
}

class Quectel : public Dialect {
 public:
  std::string base_path() const override { return "/gateway/openapi"; }
  Texts settings() const override {
    return {{"app_key", "QKEY"}, {"app_secret", "quectel-secret"}};
  }
  Answer too_many() const override { return quectel_cmp_error(429, "too many requests"); }
  Answer error_in_200() const override { return quectel_cmp_error(500, "system error"); }
  Answer nothing() const override { return {200, R"({"code":200,"msg":"success","data":null})"}; }

  Answer answer(const Call& call) override {
    const std::string time = header(call, "timestamp");
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto off = std::chrono::duration_cast<std::chrono::seconds>(now).count() -
                     (all_digits(time, 10) ? std::stoll(time) : 0);
    if (header(call, "app-key") != "QKEY" || off > 300 || off < -300 ||
        header(call, "signature") !=
            hex(hmac_sha256("quectel-secret", "QKEY" + time + call.body))) {
      return quectel_cmp_error(401, "signature error");
    }
    if (call.path != "/sim/detail") return {404, R"({"code":404,"msg":"no such path"})"};
    if (call.method != "POST") return {405, R"({"code":405,"msg":"POST only"})"};
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/iccid"})) return quectel_cmp_error(400, "iccid");
    const std::string& asked = body.at("/iccid");
    const Card* card = find(std::string_view{asked}.substr(1, asked.size() - 2));
    if (card == nullptr) return nothing();
    return {200, fmt::format(R"({{"code":200,"msg":"success","reqId":"r1","data":{{"iccid":{},)"
                             R"("msisdn":"8612345","imsi":"460110000000001","simState":{},)"
                             R"("totalDataUsage":{},"totalDataAllowance":{},"remainingData":{},)"
                             R"("activationTime":{},"expirationTime":{}}}}})",
                             asked, card->status, number_text(card->used), number_text(card->limit),
                             number_text(card->remaining), quoted_or_null(card->activated),
                             quoted_or_null(card->expires))};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_quectel_cmp() {
  return std::make_unique<Quectel>();
}

}  // namespace iotcard::simulated
