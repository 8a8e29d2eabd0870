// SPDX-License-Identifier: Apache-2.0
// POST /card/{iccid}/bind, POST /card/{iccid}/unbind.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/binding_operations.h"
#include "operations/json.h"

namespace iotcard {
namespace {

void bind_to_device(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody body{call.request};
  const DeviceKey device{body.required_text("product"), body.required_text("device")};
  const bool force = body.boolean("force").value_or(false);
  body.finish();
  for (const std::string& level : {device.product, device.number}) {
    if (!is_topic_level(level)) {
      throw ApiError{400,
                     "product, device: each expected to be one level of a topic, of at most "
                     "255 bytes, without /, + and #"};
    }
  }
  JsonText json;
  write_binding(
      json, bind_card(call.store(), call.context, device, iccid_of(call.request), force).binding);
  respond_one(call.response, json.view());
}

void unbind_from_device(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody{call.request}.finish();
  JsonText json;
  write_released(json, unbind_card(call.store(), call.context, iccid_of(call.request)),
                 call.context);
  respond_one(call.response, json.view());
}

}  // namespace

void add_binding_routes(std::vector<Route>& routes) {
  routes.push_back({Method::post, "/card/{iccid}/bind", Scope::write, StoreUse::write,
                    BodyKind::json, bind_to_device});
  routes.push_back({Method::post, "/card/{iccid}/unbind", Scope::write, StoreUse::write,
                    BodyKind::json, unbind_from_device});
}

}  // namespace iotcard
