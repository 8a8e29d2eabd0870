// SPDX-License-Identifier: Apache-2.0
// Monitoring: is the daemon alive, does it work, and its metrics.
#include "api/envelope.h"
#include "api/handlers.h"
#include "api/metrics.h"

namespace iotcard {

void handle_healthz(const Call& call) {
  QueryReader{call.request}.finish();
  respond_one(call.response, R"({"live":true})");
}

// The reason may name files and the broker, so only callers with a token get it.
void handle_readyz(const Call& call) {
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

void handle_metrics(const Call& call) {
  QueryReader{call.request}.finish();
  call.response.content_type = metrics_content_type;
  call.response.body =
      metrics_text(gather_metrics(call.host.facts(), call.opened, call.context, call.figures));
}

}  // namespace iotcard
