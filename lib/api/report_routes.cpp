// SPDX-License-Identifier: Apache-2.0
// POST /report/explain, GET /rejected/{id}.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/explain.h"
#include "operations/json.h"

namespace iotcard {
namespace {

// Changes nothing; a POST for the payload's sake.
void explain_payload(const Call& call) {
  QueryReader query{call.request};
  const auto topic = query.text("topic");
  query.finish();
  respond_one(call.response,
              explanation_json(explain(&call.store(), call.context, call.request.body, topic,
                                       call.host.topics())));
}

void show_rejected(const Call& call) {
  QueryReader{call.request}.finish();
  JsonText json;
  write_rejected(json, require_rejected(call.store(), id_of(call.request)));
  respond_one(call.response, json.view());
}

}  // namespace

void add_report_routes(std::vector<Route>& routes) {
  routes.push_back({Method::post, "/report/explain", Scope::read, StoreUse::read, BodyKind::any,
                    explain_payload});
  routes.push_back(
      {Method::get, "/rejected/{id}", Scope::read, StoreUse::read, BodyKind::none, show_rejected});
}

}  // namespace iotcard
