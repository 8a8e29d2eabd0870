// SPDX-License-Identifier: Apache-2.0
// SIMBoss 2.0: simboss.com/www/service/api. The codes for a wrong signature, a limit and an ICCID
// that it has not are not known: 401, 429, and success without data.
#include <fmt/format.h>

#include <algorithm>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer simboss_error(const char* code, const char* message) {
  return {200, fmt::format(R"({{"code":"{}","message":"{}","success":false,"data":null}})", code,
                           message)};
}

Answer success(const std::string& data) {
  return {200, fmt::format(R"({{"code":"0","message":"OK","success":true,"data":{}}})", data)};
}

class Simboss : public Dialect {
 public:
  std::string base_path() const override { return "/2.0"; }
  Texts settings() const override {
    return {{"appid", "102420000001"}, {"secret", "simboss=secret"}};
  }
  Answer too_many() const override { return simboss_error("429", "too many requests"); }
  Answer error_in_200() const override { return simboss_error("500", "system error"); }
  Answer nothing() const override { return success("null"); }

  Answer answer(const Call& call) override {
    if (call.method != "POST" || !is_form(call)) return {405, R"({"code":"405"})"};
    Texts form = parameters(call.body);
    check_signature(form);
    if (call.path == "/device/detail") {
      if (!has_just(form, {"iccid"})) return simboss_error("400", "iccid");
      const Card* card = find(form["iccid"]);
      return success(card == nullptr ? "null" : detail(*card));
    }
    if (call.path == "/device/detail/batch") {
      if (!has_just(form, {"iccids"})) return simboss_error("400", "iccids");
      return success(details(form["iccids"]));
    }
    if (call.path == "/device/modifyDeviceStatus") return change(form);
    return {404, R"({"code":"404","message":"no such interface"})"};
  }

 private:
  static void check_signature(Texts& form) {
    const std::string sign = form["sign"];
    form.erase("sign");
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string time = form["timestamp"];
    const auto off = std::chrono::duration_cast<std::chrono::seconds>(now).count() -
                     (all_digits(time, 13) ? std::stoll(time) / 1000 : 0);
    if (form["appid"] != "102420000001" || off > 300 || off < -300 ||
        sign != hex(digest("SHA256", sorted(form) + "simboss=secret"))) {
      throw Refused{simboss_error("401", "sign error")};
    }
    form.erase("appid");
    form.erase("timestamp");
  }

  std::string details(std::string_view iccids) {
    std::vector<std::string> rows;
    while (!iccids.empty()) {
      const std::string_view iccid = iccids.substr(0, iccids.find(','));
      iccids.remove_prefix(std::min(iccids.size(), iccid.size() + 1));
      if (const Card* card = find(iccid)) rows.push_back(detail(*card));
    }
    return array_of(rows);
  }

  std::string detail(const Card& card) const {
    const auto more = [&](const char* name, const char* otherwise) {
      const auto at = card.more.find(name);
      return quoted_or_null(at == card.more.end() ? otherwise : at->second);
    };
    return fmt::format(R"({{"iccid":{},"carrier":"cmcc","type":{},"status":{},"deviceStatus":{},)"
                       R"("startDate":{},"expireDate":{},"usedDataVolume":{},"totalDataVolume":{},)"
                       R"("ratePlanExpirationDate":{}}})",
                       in_quotes(card.iccid), more("type", "SINGLE"), in_quotes(card.status),
                       more("deviceStatus", "ACTIVATED_NAME"), quoted_or_null(card.activated),
                       quoted_or_null(card.expires), number(card.used), number(card.limit),
                       more("ratePlanExpirationDate", ""));
  }

  // Of the two axes it moves the device's.
  Answer change(Texts& form) {
    const std::string status = form["status"];
    Card* card = find(form["iccid"]);
    if (!has_just(form, {"iccid", "status"}) ||
        (status != "ACTIVATED_NAME" && status != "DEACTIVATED_NAME")) {
      return simboss_error("400", "status");
    }
    if (card == nullptr) return simboss_error("404", "no such device");
    if (!idle) card->more["deviceStatus"] = status;
    return success("true");
  }
};

}  // namespace

std::unique_ptr<Dialect> make_simboss() {
  return std::make_unique<Simboss>();
}

}  // namespace iotcard::simulated
