// SPDX-License-Identifier: Apache-2.0
// GET /platform/list; POST /card/{iccid}/refresh, /suspend, /resume.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/json.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

void list(const Call& call) {
  QueryReader{call.request}.finish();
  const std::vector<PlatformFacts> all = describe_platforms(call.store(), call.context);
  JsonText json;
  json.begin_array();
  for (const PlatformFacts& facts : all) write_platform(json, facts);
  json.end_array();
  respond_list(call.response, static_cast<std::int64_t>(all.size()), json.view());
}

// 200 once the platform has said what the card is now, 202 while it has not.
void request_and_wait(const Call& call, PlatformRequestKind kind) {
  const AskedPlatform asked =
      call.host.request_and_wait(iccid_of(call.request), kind, call.context.by);
  const PlatformRequest& request = asked.request;
  if (!request.failure.empty()) throw ApiError{502, "the platform: " + request.failure};
  JsonText json;
  write_platform_request(json, request, asked.card, call.context);
  respond_one(call.response, json.view(), request.done_at ? 200 : 202);
}

void refresh(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody{call.request}.finish();
  request_and_wait(call, PlatformRequestKind::refresh);
}

// What changes a card at its carrier is to be meant.
void act(const Call& call, PlatformRequestKind kind) {
  QueryReader{call.request}.finish();
  JsonBody body{call.request};
  const auto confirm = body.boolean("confirm");
  body.finish();
  if (!confirm.value_or(false)) {
    throw ApiError{400, "this changes the card at its carrier: send {\"confirm\":true}"};
  }
  request_and_wait(call, kind);
}

}  // namespace

void add_platform_routes(std::vector<Route>& routes) {
  routes.push_back(
      {Method::get, "/platform/list", Scope::read, StoreUse::list, BodyKind::none, list});
  routes.push_back({Method::post, "/card/{iccid}/refresh", Scope::write, StoreUse::none,
                    BodyKind::json, refresh});
  routes.push_back({Method::post, "/card/{iccid}/suspend", Scope::write, StoreUse::none,
                    BodyKind::json,
                    [](const Call& call) { act(call, PlatformRequestKind::suspend); }});
  routes.push_back({Method::post, "/card/{iccid}/resume", Scope::write, StoreUse::none,
                    BodyKind::json,
                    [](const Call& call) { act(call, PlatformRequestKind::resume); }});
}

}  // namespace iotcard
