// SPDX-License-Identifier: Apache-2.0
// China Mobile OneLink v5, as two independent client programs speak it; the codes as a reseller of
// it documents them: 12004 and 12022 for wrong credentials, 12010 for a card that is not there.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer onelink_v5_error(const char* code, const char* message) {
  return {200, fmt::format(R"({{"status":"{}","message":"{}","result":[]}})", code, message)};
}

Answer result(const std::string& content) {
  return {200, fmt::format(R"({{"status":"0","message":"正确","result":[{}]}})", content)};
}

class OneLink : public Dialect {
 public:
  std::string base_path() const override { return "/v5"; }
  Texts settings() const override {
    return {{"appid", "200000000001"}, {"password", "onelink&pass=word"}};
  }
  bool is_log_in(const Call& call) const override { return call.path == "/ec/get/token"; }
  Answer error_in_200() const override { return onelink_v5_error("500", "内部错误"); }
  Answer nothing() const override { return result(""); }

  Answer answer(const Call& call) override {
    Texts query = parameters(call.query);
    const bool log_in = is_log_in(call);
    if (call.method != "GET") return onelink_v5_error("11000", "GET only");
    check_transid(query["transid"]);
    query.erase("transid");
    if (log_in) {
      if (!has_just(query, {"appid", "password"})) return onelink_v5_error("11000", "请求参数错误");
      if (query["appid"] != "200000000001" || query["password"] != "onelink&pass=word") {
        return onelink_v5_error("12022", "appid或password鉴权不通过");
      }
      return result(fmt::format(R"({{"token":{}}})", in_quotes(issue_token())));
    }
    if (!tokens.contains(query["token"])) return onelink_v5_error("12021", "token已过期");
    query.erase("token");
    return call.path == "/ec/change/sim-status" ? change(query) : tell(call.path, query);
  }

 private:
  void check_transid(const std::string& transid) {
    // appid, yyyyMMddHHmmss and 8 digits, never the same again.
    if (transid.size() != 34 || transid.compare(0, 12, "200000000001") != 0 ||
        !is_about_now(transid.substr(12, 14), std::chrono::hours{8}) ||
        !all_digits(transid.substr(26), 8) || !seen_.insert(transid).second) {
      throw Refused{onelink_v5_error("12004", "transid鉴权失败")};
    }
  }

  Card& card_of(const Texts& query) {
    Card* card = find(query.at("iccid"));
    if (card == nullptr) throw Refused{onelink_v5_error("12010", "卡号鉴权失败，不存在本系统")};
    return *card;
  }

  Answer tell(const std::string& path, const Texts& query) {
    if (!has_just(query, {"iccid"})) return onelink_v5_error("11000", "请求参数错误");
    if (path == "/ec/query/sim-status") {
      const Card& card = card_of(query);
      return result(fmt::format(R"({{"cardStatus":{},"lastChangeDate":"2024-05-01 10:00:00"}})",
                                in_quotes(card.status)));
    }
    if (path == "/ec/query/sim-basic-info") {
      const Card& card = card_of(query);
      return result(fmt::format(
          R"({{"msisdn":"1440000000001","imsi":"460040000000001","iccid":{},"activeDate":{},)"
          R"("openDate":{}}})",
          in_quotes(card.iccid), in_quotes(card.activated), in_quotes(card.opened)));
    }
    if (path == "/ec/query/sim-data-margin") return result(margins(card_of(query)));
    return onelink_v5_error("11001", "no such ability");
  }

  // Each number may be several, "100;200": one for each package.
  std::string margins(const Card& card) const {
    std::vector<std::string> rows;
    const auto nth = [](const std::string& list, std::size_t n) {
      std::size_t at = 0;
      while (n-- > 0) at = list.find(';', at) + 1;
      return list.substr(at, list.find(';', at) - at);
    };
    std::size_t packages = card.used.empty() ? 0 : 1;
    for (const char c : card.used) packages += c == ';' ? 1 : 0;
    for (std::size_t n = 0; n < packages; ++n) {
      rows.push_back(fmt::format(
          R"({{"offeringId":"{}","offeringName":"30MB","totalAmount":{},"useAmount":{},)"
          R"("remainAmount":{}}})",
          n, number_text(nth(card.limit, n)), number_text(nth(card.used, n)),
          number_text(nth(card.remaining, n))));
    }
    return fmt::format(R"({{"accmMarginList":{}}})", array_of(rows));
  }

  Answer change(const Texts& query) {
    if (!has_just(query, {"iccid", "operType"})) return onelink_v5_error("11000", "请求参数错误");
    Card& card = card_of(query);
    const std::string& type = query.at("operType");
    const bool two_digits = card.status.size() == 2;
    if (type == "0") {
      set_status(card, two_digits ? "02" : "4");
    } else if (type == "1") {
      set_status(card, two_digits ? "00" : "2");
    } else {
      return onelink_v5_error("11000", "operType");
    }
    return result(fmt::format(R"({{"iccid":{}}})", in_quotes(card.iccid)));
  }

  std::set<std::string> seen_;
};

}  // namespace

std::unique_ptr<Dialect> make_onelink_v5() {
  return std::make_unique<OneLink>();
}

}  // namespace iotcard::simulated
