// SPDX-License-Identifier: Apache-2.0
// Card platforms, and requests of operators to them.
#include "api/envelope.h"
#include "api/handlers.h"
#include "operations/json.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

// 200 with the platform's answer; 202 if it has not answered in time.
void request_and_wait(const Call& call, PlatformRequestKind kind) {
  const PlatformRequestResult result =
      call.platform_requests.request_and_wait(call.context, iccid_of(call.request), kind);
  const PlatformRequest& request = result.request;
  if (!request.failure.empty()) throw ApiError{502, "the platform: " + request.failure};
  respond_one(
      call.response,
      [&](JsonText& json) { write_platform_request(json, request, result.card, call.context); },
      request.done_at ? 200 : 202);
}

// Changes a card at its carrier, so the body must confirm it.
void act(const Call& call, JsonBody& body, PlatformRequestKind kind) {
  const auto confirm = body.boolean("confirm");
  body.finish();
  if (!confirm.value_or(false)) {
    throw ApiError{400, "this changes the card at its carrier: send {\"confirm\":true}"};
  }
  request_and_wait(call, kind);
}

}  // namespace

void handle_platform_list(const Call& call) {
  const std::vector<PlatformFacts> all = describe_platforms(call.store(), call.context);
  JsonText json;
  json.begin_array();
  for (const PlatformFacts& facts : all) write_platform(json, facts);
  json.end_array();
  respond_list(call.response, static_cast<std::int64_t>(all.size()), json.view());
}

void handle_card_refresh(const Call& call, JsonBody& body) {
  body.finish();
  request_and_wait(call, PlatformRequestKind::refresh);
}

void handle_card_suspend(const Call& call, JsonBody& body) {
  act(call, body, PlatformRequestKind::suspend);
}

void handle_card_resume(const Call& call, JsonBody& body) {
  act(call, body, PlatformRequestKind::resume);
}

}  // namespace iotcard
