// SPDX-License-Identifier: Apache-2.0
// GET /event/stream.
#include "api/route.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t most_id_bytes = 200;

void stream(const Call& call) {
  QueryReader query{call.request};
  const std::string asked = query.text("lastEventId").value_or("");
  query.finish();
  // A browser that connects again says in the header what it has seen since the page was made.
  const std::string seen = call.request.header("last-event-id");
  const std::string id = replace_invalid_utf8(seen.empty() ? asked : seen, most_id_bytes);
  call.response.content_type = "text/event-stream";
  call.response.headers.emplace_back("X-Accel-Buffering", "no");  // a proxy must not collect
  if (!call.head) call.response.stream = call.streams.stream(id);
}

}  // namespace

void add_event_routes(std::vector<Route>& routes) {
  routes.push_back(
      {Method::get, "/event/stream", Scope::read, StoreUse::none, BodyKind::none, stream});
}

}  // namespace iotcard
