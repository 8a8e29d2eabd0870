// SPDX-License-Identifier: Apache-2.0
// GET /device/{product}/{number}.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/json.h"

namespace iotcard {
namespace {

void show_device(const Call& call) {
  QueryReader{call.request}.finish();
  JsonText json;
  write_device(json, describe_device(call.store(), device_of(call.request)), call.context);
  respond_one(call.response, json.view());
}

}  // namespace

void add_device_routes(std::vector<Route>& routes) {
  routes.push_back({Method::get, "/device/{product}/{number}", Scope::read, StoreUse::read,
                    BodyKind::none, show_device});
}

}  // namespace iotcard
