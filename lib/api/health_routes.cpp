// SPDX-License-Identifier: Apache-2.0
// Monitoring: is the daemon alive, does it work, its metrics, and the stream of events.
#include "api/dispatcher.h"
#include "api/event_query.h"
#include "api/handlers.h"
#include "api/metrics.h"
#include "base/utf8.h"
#include "operations/settings.h"

namespace iotcard {

void handle_healthz(const Call& call) {
  respond_one(call.response, R"({"live":true})");
}

// The reason may name files and the broker, so only callers with a token get it.
void handle_readyz(const Call& call) {
  const ApiHealth health = call.host.health();
  const std::string& reason = call.caller.known ? health.reason : health.cause;
  JsonText json;
  json.begin_object()
      .member("ready", health.ready)
      .member("state", health.state)
      .member("reason", or_null(reason))
      .end_object();
  respond_one(call.response, json.view(), health.ready ? 200 : 503,
              health.ready ? "ok" : "not ready: " + reason);
}

void handle_metrics(const Call& call) {
  call.response.content_type = metrics_content_type;
  auto facts = gather_metrics(call.host.facts(), call.opened, call.context, call.figures);
  facts.event_streams = call.streams.open();
  facts.max_event_streams = call.limits.streams;
  facts.api = call.requests.counts();
  facts.process = read_process_usage();
  facts.card_max_age = call.host.card_max_age();
  call.response.body = metrics_text(facts);
}

// Counts are at most a minute old, as in /metrics.
void handle_status(const Call& call) {
  const auto figures = call.figures.get();
  respond_one(call.response, [&](JsonText& json) {
    write_status(
        json, describe_status(call.store(), call.context, figures->statistics, call.host.status()));
  });
}

void handle_doctor(const Call& call) {
  const Findings findings = examine_service(call.store(), call.context, call.host.service());
  respond_one(call.response, [&](JsonText& json) {
    json.begin_array();
    for (const Finding& finding : findings) write_finding(json, finding);
    json.end_array();
  });
}

void handle_settings(const Call& call) {
  respond_one(call.response, [&](JsonText& json) { write_settings(json, call.host.settings()); });
}

void handle_event_stream(const Call& call, QueryReader& reader) {
  const std::string asked = reader.text("lastEventId").value_or("");
  const EventFilter filter = event_filter_of(reader);
  reader.finish();
  constexpr std::size_t max_id_bytes = 200;
  // A browser that reconnects sends the header; the parameter is the page's and older.
  const std::string seen = call.request.head.header("last-event-id");
  const std::string id = replace_invalid_utf8(seen.empty() ? asked : seen, max_id_bytes);
  call.response.content_type = "text/event-stream";
  call.response.headers.emplace_back("X-Accel-Buffering", "no");  // proxies must not buffer
  if (!call.head) call.response.stream = call.streams.stream(id, filter);
}

}  // namespace iotcard
