// SPDX-License-Identifier: Apache-2.0
// China Telecom 5G CMP, as two independent client programs speak it. What a wrong signature is
// answered, and how an unknown card is, are not known: HTTP 401, and no number.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

class Ctwing : public Dialect {
 public:
  Texts settings() const override {
    return {{"app_key", "APPKEY"}, {"secret", "ctwing-secret"}, {"cust_number", "C100"}};
  }
  // Each step has its own envelope; this is the one that no step's success fits.
  Answer error_in_200() const override {
    return {200, R"({"RESULT":"-1","SMSG":"系统异常","result":"-1","resultMsg":"系统异常",)"
                 R"("code":-1,"msg":"系统异常"})"};
  }
  Answer nothing() const override {
    return {200, R"({"RESULT":"0","SMSG":"","result":"0","productInfo":[],"code":0,"data":[]})"};
  }

  Answer answer(const Call& call) override {
    const Texts query = parameters(call.query);
    check_signature(call, query);
    if (call.path == "/openapi/v1/prodinst/getTelephone" && call.method == "GET") {
      if (!has_just(query, {"iccid"})) return {400, R"({"RESULT":"2","SMSG":"iccid"})"};
      const Card* card = find(query.at("iccid"));
      if (card == nullptr) return {200, R"({"RESULT":"0","SMSG":""})"};
      return {200, fmt::format(R"({{"RESULT":"0","SMSG":"{}"}})", access_number(*card))};
    }
    if (call.path == "/openapi/v1/prodinst/queryCardMainStatus" && call.method == "GET") {
      if (!has_just(query, {"access_number"})) return {400, R"({"result":"2"})"};
      return status_of(query.at("access_number"));
    }
    if (call.path == "/api/v1/batchQry/batchQryFlowByMonth" && call.method == "POST") {
      return flow(call);
    }
    return {404, R"({"code":404,"msg":"no such ability"})"};
  }

 private:
  static std::string access_number(const Card& card) {
    return "10649" + card.iccid.substr(card.iccid.size() - 8);
  }

  static void check_signature(const Call& call, const Texts& query) {
    const std::string time = header(call, "timestamp");
    const std::string text = sorted(query) + call.body + "ctwing-secret" + time;
    const std::string sign = upper(hex(hex(digest("MD5", text))));
    if (header(call, "appkey") != "APPKEY" || header(call, "sign") != sign ||
        !is_about_now(time, std::chrono::hours{8})) {
      throw Refused{{401, R"({"code":401,"msg":"签名错误"})"}};
    }
  }

  const Card* by_number(std::string_view number) const {
    for (const Card& card : cards) {
      if (access_number(card) == number) return &card;
    }
    return nullptr;
  }

  Answer status_of(const std::string& number) const {
    const Card* card = by_number(number);
    if (card == nullptr) return {200, R"({"result":"1","resultMsg":"no such number"})"};
    const auto blocked = card->more.find("netBlockStatusName");
    return {200,
            fmt::format(R"({{"result":"0","resultMsg":"成功","authStatus":"1",)"
                        R"("netBlockStatusName":"{}","productInfo":[{{"productMainStatusCd":{},)"
                        R"("productMainStatusName":"在用"}}]}})",
                        blocked == card->more.end() ? "未断网" : blocked->second,
                        in_quotes(card->status))};
  }

  Answer flow(const Call& call) {
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/custNumber", "/accessNumber/0"}) ||
        body.at("/custNumber") != R"("C100")") {
      return {200, R"({"code":1,"msg":"参数错误"})"};
    }
    const std::string& number_ = body.at("/accessNumber/0");
    const Card* card = by_number(std::string_view{number_}.substr(1, number_.size() - 2));
    if (card == nullptr || card->used.empty()) {
      return {200, R"({"code":0,"msg":"查询成功","data":[]})"};
    }
    const auto unit = card->more.find("unit");
    return {200,
            fmt::format(R"({{"code":0,"msg":"查询成功","data":[{{"accessNumber":{},"result":"1",)"
                        R"("unit":"{}","flowAmount":{},"month":"202406","status":"0"}}]}})",
                        number_, unit == card->more.end() ? "MB" : unit->second,
                        number_text(card->used))};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_ctwing_5gcmp() {
  return std::make_unique<Ctwing>();
}

}  // namespace iotcard::simulated
