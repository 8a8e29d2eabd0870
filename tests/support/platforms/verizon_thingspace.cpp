// SPDX-License-Identifier: Apache-2.0
// Verizon ThingSpace: thingspace.verizon.com/documentation/apis/connectivity-management, and the
// vendor's SDKs. A token of the application comes first, and with it a session; both are in each
// request. An error code has the name of a service before it, which may change.
#include <fmt/format.h>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

constexpr const char* access_token = "token+access/=";

Answer thingspace_error(const char* code, const char* message) {
  return {400, fmt::format(R"({{"errorCode":"UnifiedWebService.{}","errorMessage":"{}"}})", code,
                           message)};
}

Answer gateway_error(int status, const char* code, const char* message) {
  return {status, fmt::format(R"({{"fault":{{"code":"{}","message":"{}","description":"Access )"
                              R"(failure for API: /m2m/v1, version: v1"}}}})",
                              code, message)};
}

class ThingSpace : public Dialect {
 public:
  std::string base_path() const override { return "/api"; }
  Texts settings() const override {
    return {{"key", "app-key"},
            {"secret", "app-secret"},
            {"username", "zbeeblebrox"},
            {"password", "IMgr8-hidden"},
            {"account", "0000123456-00001"}};
  }
  bool is_log_in(const Call& call) const override {
    return call.path == "/ts/v1/oauth2/token" || call.path == "/m2m/v1/session/login";
  }
  Answer error_in_200() const override {
    Answer error = thingspace_error("REQUEST_FAILED.UnexpectedError", "try later");
    error.status = 200;
    return error;
  }
  Answer nothing() const override { return {200, R"({"hasMoreData":false,"devices":[]})"}; }

  Answer answer(const Call& call) override {
    if (call.path == "/ts/v1/oauth2/token") return token(call);
    if (header(call, "authorization") != std::string{"Bearer "} + access_token) {
      return gateway_error(401, "900901", "Invalid Credentials");
    }
    if (is_log_in(call)) return session(call);
    if (!tokens.contains(header(call, "vz-m2m-token"))) {
      return thingspace_error("REQUEST_FAILED.SessionToken.Expired", "The session has expired");
    }
    if (call.method != "POST" || !is_json(call)) {
      return gateway_error(405, "900905", "Method not allowed");
    }
    const Texts body = leaves(call.body);
    if (call.path == "/m2m/v1/devices/actions/list") return list(body);
    if (call.path == "/m2m/v1/devices/usage/actions/list") return usage(body);
    if (call.path == "/m2m/v1/devices/actions/suspend") return change(body, "suspend");
    if (call.path == "/m2m/v1/devices/actions/restore") return change(body, "active");
    return gateway_error(400, "900906",
                         "No matching resource found in the API for the given request");
  }

 private:
  static Answer token(const Call& call) {
    if (call.method != "POST" || !is_form(call) ||
        parameters(call.body) != Texts{{"grant_type", "client_credentials"}}) {
      return gateway_error(400, "900906", "Missing grant_type parameter value");
    }
    if (header(call, "authorization") != "Basic " + base64("app-key:app-secret")) {
      return gateway_error(401, "900901", "Invalid Credentials");
    }
    return {200, fmt::format(R"({{"access_token":"{}","scope":"ts.application.ro",)"
                             R"("token_type":"Bearer","expires_in":3600}})",
                             access_token)};
  }

  Answer session(const Call& call) {
    const Texts expected = {{"/username", R"("zbeeblebrox")"}, {"/password", R"("IMgr8-hidden")"}};
    if (call.method != "POST" || !is_json(call) || leaves(call.body) != expected) {
      return thingspace_error("REQUEST_FAILED.Login", "Wrong username or password");
    }
    return {200, fmt::format(R"({{"sessionToken":{}}})", in_quotes(issue_token()))};
  }

  // The card that a request names by 20 digits, and the answer if there is none.
  Card& card_at(const Texts& body, const std::string& pointer) {
    const auto id = body.find(pointer + "/id");
    const auto kind = body.find(pointer + "/kind");
    if (id == body.end() || kind == body.end() || kind->second != R"("iccid")" ||
        id->second.size() != 22) {
      throw Refused{thingspace_error("INPUT_INVALID.Device.Identifier.Invalid", "deviceId")};
    }
    Card* card = find(std::string_view{id->second}.substr(1, 20));
    if (card != nullptr) return *card;
    throw Refused{thingspace_error("REQUEST_FAILED.DeviceNotFound", "No such device")};
  }

  static void check_account(const Texts& body) {
    const auto account = body.find("/accountName");
    if (account != body.end() && account->second == R"("0000123456-00001")") return;
    throw Refused{thingspace_error("REQUEST_FAILED.AccountNotFound", "No such account")};
  }

  Answer list(const Texts& body) {
    check_account(body);
    const Card& card = card_at(body, "/deviceId");
    return {200, fmt::format(
                     R"({{"hasMoreData":false,"devices":[{{"accountName":"0000123456-00001",)"
                     R"("billingCycleEndDate":"2026-12-09T20:00:00-04:00","carrierInformations":[)"
                     R"({{"carrierName":"Verizon Wireless","servicePlan":"m2m4G","state":{}}}],)"
                     R"("connected":false,"createdAt":{},"deviceIds":[{{"id":"4062914013",)"
                     R"("kind":"mdn"}},{{"id":"311270028205048","kind":"imsi"}},)"
                     R"({{"id":"350457799502610","kind":"imei"}},{{"id":"{}","kind":"iccId"}},)"
                     R"({{"id":"14062914013","kind":"msisdn"}}],"groupNames":["southwest"],)"
                     R"("ipAddress":"0.0.0.0","lastActivationDate":{}}}]}})",
                     in_quotes(card.status), quoted_or_null(card.opened), card.iccid,
                     quoted_or_null(card.activated))};
  }

  // "100;200": one for each day.
  Answer usage(const Texts& body) {
    if (!body.contains("/earliest") || !body.contains("/latest") ||
        body.at("/earliest").size() != 22 || body.at("/latest") < body.at("/earliest")) {
      return thingspace_error("INPUT_INVALID.Date", "earliest and latest");
    }
    const Card& card = card_at(body, "/deviceId");
    std::vector<std::string> rows;
    std::string_view rest = card.used;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      for (const char* source : {"Raw Usage", "Rated Usage"}) {
        rows.push_back(fmt::format(R"({{"bytesUsed":{},"smsUsed":0,"source":"{}",)"
                                   R"("timestamp":"2026-11-01T00:00:00Z"}})",
                                   number(std::string{one}), source));
      }
    }
    return {200, fmt::format(R"({{"hasMoreData":{},"usageHistory":{}}})",
                             card.more.contains("hasMoreData") ? "true" : "false", array_of(rows))};
  }

  Answer change(const Texts& body, const char* state) {
    check_account(body);
    set_status(card_at(body, "/devices/0/deviceIds/0"), state);
    return {200, R"({"requestId":"595f5c44-c31c-4552-8670-020a1545a84d"})"};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_verizon_thingspace() {
  return std::make_unique<ThingSpace>();
}

}  // namespace iotcard::simulated
