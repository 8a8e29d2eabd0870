// SPDX-License-Identifier: Apache-2.0
// GET /metrics.
#include "api/metrics.h"
#include "api/route.h"

namespace iotcard {
namespace {

void metrics(const Call& call) {
  QueryReader{call.request}.finish();
  call.response.content_type = metrics_content_type;
  call.response.body = metrics_text(gather_metrics(call.host.facts(), call.opened, call.context));
}

}  // namespace

void add_metrics_routes(std::vector<Route>& routes) {
  routes.push_back(
      {Method::get, "/metrics", Scope::read, StoreUse::read_if_any, BodyKind::none, metrics});
}

}  // namespace iotcard
