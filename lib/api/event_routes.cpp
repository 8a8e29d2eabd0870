// SPDX-License-Identifier: Apache-2.0
// The event stream.
#include "api/handlers.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_id_bytes = 200;

}  // namespace

void handle_event_stream(const Call& call) {
  QueryReader query{call.request};
  const std::string asked = query.text("lastEventId").value_or("");
  query.finish();
  // A browser that reconnects sends the header; the parameter is the page's and older.
  const std::string seen = call.request.header("last-event-id");
  const std::string id = replace_invalid_utf8(seen.empty() ? asked : seen, max_id_bytes);
  call.response.content_type = "text/event-stream";
  call.response.headers.emplace_back("X-Accel-Buffering", "no");  // proxies must not buffer
  if (!call.head) call.response.stream = call.streams.stream(id);
}

}  // namespace iotcard
