// SPDX-License-Identifier: Apache-2.0
// GET /healthz, GET /readyz.
#include "api/envelope.h"
#include "api/route.h"
#include "base/json_text.h"

namespace iotcard {
namespace {

void healthz(const Call& call) {
  QueryReader{call.request}.finish();
  respond_one(call.response, R"({"live":true})");
}

// Why it is not ready may name files and the broker: those who have shown a token are told in full.
void readyz(const Call& call) {
  QueryReader{call.request}.finish();
  const ApiHealth health = call.host.health();
  const std::string& reason = call.known_caller ? health.reason : health.cause;
  JsonText json;
  json.begin_object().member("ready", health.ready).member("state", health.state).key("reason");
  reason.empty() ? json.null() : json.text(reason);
  json.end_object();
  if (health.ready) return respond_one(call.response, json.view());
  JsonText envelope;
  envelope.begin_object()
      .member("code", std::int64_t{503})
      .member("msg", "not ready: " + reason)
      .key("data")
      .raw(json.view())
      .end_object();
  call.response.status = 503;
  call.response.body = envelope.take();
}

}  // namespace

void add_health_routes(std::vector<Route>& routes) {
  routes.push_back({Method::get, "/healthz", Scope::none, StoreUse::none, BodyKind::none, healthz});
  routes.push_back({Method::get, "/readyz", Scope::none, StoreUse::none, BodyKind::none, readyz});
}

}  // namespace iotcard
