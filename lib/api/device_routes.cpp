// SPDX-License-Identifier: Apache-2.0
// One device with its card, and asking it for a report.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/json.h"

namespace iotcard {
namespace {

void show(const Call& call) {
  QueryReader{call.request}.finish();
  JsonText json;
  write_device(json, describe_device(call.store(), device_of(call.request)), call.context);
  respond_one(call.response, json.view());
}

int status_of(AskResult::End end) {
  switch (end) {
    case AskResult::End::acknowledged:
      return 202;
    case AskResult::End::no_topic:
      return 409;
    case AskResult::End::not_connected:
    case AskResult::End::refused:
      return 503;
    case AskResult::End::no_answer:
      return 504;
  }
  return 500;  // not reached
}

void ask(const Call& call) {
  QueryReader{call.request}.finish();
  const AskResult result = call.host.ask(device_of(call.request));
  const int status = status_of(result.end);
  if (result.end != AskResult::End::acknowledged) throw ApiError{status, result.reason};
  JsonText json;
  json.begin_object().member("topic", result.topic).end_object();
  respond_one(call.response, json.view(), status);
}

}  // namespace

void add_device_routes(std::vector<Route>& routes) {
  routes.push_back({Method::get, "/device/{product}/{number}", Scope::read, StoreUse::read,
                    BodyKind::none, show});
  routes.push_back({Method::post, "/device/{product}/{number}/ask", Scope::write, StoreUse::none,
                    BodyKind::none, ask});
}

}  // namespace iotcard
