// SPDX-License-Identifier: Apache-2.0
// China Unicom CMP, as two independent client programs speak it. What it answers to a wrong token
// and to an ICCID that is not its customer's is not known: HTTP 200 with a status, and left out.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer unicom_cmp_error(const char* code, const char* message) {
  return {200, fmt::format(R"({{"status":"{}","message":"{}","data":null}})", code, message)};
}

// A text among the leaves of a body, without its quotes; "" if it is none.
std::string text_at(const Texts& body, const std::string& pointer) {
  const auto at = body.find(pointer);
  if (at == body.end() || at->second.size() < 2 || at->second.front() != '"') return "";
  return at->second.substr(1, at->second.size() - 2);
}

class UnicomCmp : public Dialect {
 public:
  std::string base_path() const override { return "/api"; }
  Texts settings() const override {
    return {{"app_id", "APP"}, {"app_secret", "unicom-secret"}, {"open_id", "OPEN"}};
  }
  Answer error_in_200() const override { return unicom_cmp_error("5000", "system busy"); }
  Answer nothing() const override {
    return {200, R"({"status":"0000","message":"Success","data":{"resultCode":"0000",)"
                 R"("resultDesc":"Success","terminals":[]}})"};
  }

  Answer answer(const Call& call) override {
    const bool details = call.path == "/wsGetTerminalDetails/V1/1Main/vV1.1";
    const bool edit = call.path == "/wsEditTerminal/V1/1Main/vV1.1";
    if (!details && !edit) return {404, R"({"status":"404","message":"no such service"})"};
    if (call.method != "POST") return {405, R"({"status":"405","message":"POST only"})"};
    const Texts body = leaves(call.body);
    if (!is_json(call) || !call.query.empty()) return unicom_cmp_error("1000", "JSON is expected");
    check_token(body);
    if (text_at(body, "/data/messageId").empty() || text_at(body, "/data/openId") != "OPEN" ||
        text_at(body, "/data/version") != "1.0") {
      return unicom_cmp_error("1004", "messageId, openId or version");
    }
    return details ? terminals(body) : change(body);
  }

 private:
  void check_token(const Texts& body) {
    const std::string time = text_at(body, "/timestamp");  // yyyy-MM-dd HH:mm:ss SSS
    const std::string trans = text_at(body, "/trans_id");
    std::string digits;
    for (const char c : time) {
      if (c >= '0' && c <= '9') digits += c;
    }
    if (time.size() != 23 || time[4] != '-' || time[10] != ' ' || time[13] != ':' ||
        time[19] != ' ' || !is_about_now(digits.substr(0, 14), std::chrono::hours{8})) {
      throw Refused{unicom_cmp_error("1002", "timestamp")};
    }
    if (!all_digits(trans, 23) || trans.compare(0, 17, digits) != 0 ||
        !seen_.insert(trans).second) {
      throw Refused{unicom_cmp_error("1003", "trans_id")};
    }
    const std::string token =
        hex(digest("SM3", "app_idAPPtimestamp" + time + "trans_id" + trans + "unicom-secret"));
    if (text_at(body, "/app_id") != "APP" || text_at(body, "/token") != token) {
      throw Refused{unicom_cmp_error("1001", "token")};
    }
  }

  Answer terminals(const Texts& body) {
    std::vector<std::string> rows;
    std::size_t asked = 0;
    for (; body.contains(fmt::format("/data/iccids/{}", asked)); ++asked) {
      const Card* card = find(text_at(body, fmt::format("/data/iccids/{}", asked)));
      if (card != nullptr) rows.push_back(row(*card));
    }
    if (asked == 0 || asked > 50 || body.size() != 7 + asked)
      return unicom_cmp_error("1004", "iccids");
    return {200, fmt::format(R"({{"status":"0000","message":"Success","data":{{"messageId":{},)"
                             R"("version":"1.0","resultCode":"0000","resultDesc":"Success",)"
                             R"("terminals":{}}}}})",
                             body.at("/data/messageId"), array_of(rows))};
  }

  std::string row(const Card& card) const {
    return fmt::format(
        R"({{"iccid":{},"imsi":"460061234567890","msisdn":"861064600000001","imei":"861234567890123",)"
        R"("simStatus":{},"ratePlan":100,"monthToDateDataUsage":{},"dateActivated":{},)"
        R"("overageLimitReached":"0"}})",
        in_quotes(card.iccid), in_quotes(card.status), number_text(card.used),
        in_quotes(card.activated));
  }

  Answer change(const Texts& body) {
    Card* card = find(text_at(body, "/data/iccid"));
    const std::string target = text_at(body, "/data/targetValue");
    if (body.size() != 11 || text_at(body, "/data/asynchronous") != "0" ||
        text_at(body, "/data/changeType") != "3" || (target != "2" && target != "3")) {
      return unicom_cmp_error("1004", "changeType or targetValue");
    }
    if (card == nullptr) return unicom_cmp_error("2001", "no such iccid");
    set_status(*card, target);
    return {200, fmt::format(R"({{"status":"0000","message":"Success","data":{{)"
                             R"("resultCode":"0000","iccid":"{}"}}}})",
                             card->iccid)};
  }

  std::set<std::string> seen_;  // a trans_id is good once
};

}  // namespace

std::unique_ptr<Dialect> make_unicom_cmp() {
  return std::make_unique<UnicomCmp>();
}

}  // namespace iotcard::simulated
