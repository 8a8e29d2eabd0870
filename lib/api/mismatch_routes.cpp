// SPDX-License-Identifier: Apache-2.0
// POST /mismatch/{id}/accept, POST /mismatch/{id}/dismiss.
#include "api/envelope.h"
#include "api/route.h"
#include "operations/json.h"
#include "operations/mismatch_operations.h"

namespace iotcard {
namespace {

void accept_reported(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody body{call.request};
  const auto card = body.text("card");
  body.finish();
  std::optional<Iccid> wanted;
  if (card && !card->empty()) wanted = iccid_from_operator(*card);
  JsonText json;
  write_acceptance(json, accept_mismatch(call.store(), call.context, id_of(call.request), wanted),
                   call.context);
  respond_one(call.response, json.view());
}

void dismiss_until_gone(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody{call.request}.finish();
  const std::int64_t id = id_of(call.request);
  dismiss_mismatch(call.store(), call.context, id);
  JsonText json;
  write_mismatch(json, describe_mismatch(call.store(), call.store().find_mismatch(id).value()));
  respond_one(call.response, json.view());
}

}  // namespace

void add_mismatch_routes(std::vector<Route>& routes) {
  routes.push_back({Method::post, "/mismatch/{id}/accept", Scope::write, StoreUse::write,
                    BodyKind::json, accept_reported});
  routes.push_back({Method::post, "/mismatch/{id}/dismiss", Scope::write, StoreUse::write,
                    BodyKind::json, dismiss_until_gone});
}

}  // namespace iotcard
