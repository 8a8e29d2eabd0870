// SPDX-License-Identifier: Apache-2.0
// Huawei Cloud GSL: support.huaweicloud.com/api-ocgsl. The token is IAM's, and is given to it.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer huawei_gsl_error(int status, const char* code, const char* message) {
  return {status, fmt::format(R"({{"error_code":"{}","error_msg":"{}"}})", code, message)};
}

class HuaweiGsl : public Dialect {
 public:
  std::string base_path() const override { return "/v1"; }
  Texts settings() const override { return {{"token", "MIIF-gsl-token"}}; }
  Answer too_many() const override {
    return huawei_gsl_error(429, "APIGW.0308", "The throttling threshold has been reached");
  }
  Answer error_in_200() const override {
    return huawei_gsl_error(200, "GSL.00010001", "System error");
  }
  Answer nothing() const override {
    return {200, R"({"limit":10,"offset":1,"count":0,"sim_cards":[]})"};
  }

  Answer answer(const Call& call) override {
    if (header(call, "x-auth-token") != "MIIF-gsl-token") {
      return huawei_gsl_error(401, "APIGW.0301", "Incorrect IAM authentication information");
    }
    if (call.path != "/sim-cards")
      return huawei_gsl_error(404, "APIGW.0101", "The API does not exist");
    if (call.method != "GET") return huawei_gsl_error(405, "APIGW.0101", "Method not allowed");
    const Texts query = parameters(call.query);
    if (!has_just(query, {"main_search_type", "main_search_key"}) ||
        query.at("main_search_type") != "1") {
      return huawei_gsl_error(400, "GSL.00010004", "Parameter error");
    }
    const Card* card = find(query.at("main_search_key"));
    if (card == nullptr) return nothing();
    const auto why = card->more.find("operator_status");
    return {
        200,
        fmt::format(
            R"({{"limit":10,"offset":1,"count":1,"sim_cards":[{{"sim_card_id":1001,"cid":{},)"
            R"("iccid":{},"imei":"862345678901234","sim_status":{},"device_status":null,"sim_type":3,)"
            R"("act_date":{},"expire_time":{},"price_plan_name":"100M/month","flow_left":{},)"
            R"("flow_used":{},"operator_status":{},"msisdn":"1440000000002",)"
            R"("imsi":"460040000000002"}}]}})",
            in_quotes(card->iccid), in_quotes(card->iccid), card->status,
            quoted_or_null(card->activated), quoted_or_null(card->expires), number(card->remaining),
            number(card->used), why == card->more.end() ? "-1" : why->second)};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_huawei_gsl() {
  return std::make_unique<HuaweiGsl>();
}

}  // namespace iotcard::simulated
