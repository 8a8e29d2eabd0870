// SPDX-License-Identifier: Apache-2.0
// POST /device/{product}/{number}/ask.
#include "api/envelope.h"
#include "api/route.h"
#include "base/json_text.h"

namespace iotcard {
namespace {

// The device answers by a report, when it does.
void ask(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody{call.request}.finish();
  const AskResult asked = call.host.ask(device_of(call.request));
  switch (asked.end) {
    case AskResult::End::acknowledged: {
      JsonText json;
      json.begin_object().member("topic", asked.topic).member("acknowledged", true).end_object();
      return respond_one(call.response, json.view(), 202);
    }
    case AskResult::End::no_topic:
      throw ApiError{409, asked.reason};
    case AskResult::End::not_connected:
    case AskResult::End::refused:
      throw ApiError{503, asked.reason, {{"Retry-After", "5"}}};
    case AskResult::End::no_answer:
      throw ApiError{504, asked.reason};
  }
}

}  // namespace

void add_ask_routes(std::vector<Route>& routes) {
  routes.push_back({Method::post, "/device/{product}/{number}/ask", Scope::write, StoreUse::none,
                    BodyKind::json, ask});
}

}  // namespace iotcard
