// SPDX-License-Identifier: Apache-2.0
// The list of events: from the store, or from memory if the store keeps none.
#include "api/event_query.h"
#include "api/handlers.h"
#include "base/text.h"
#include "operations/event_history.h"

namespace iotcard {
namespace {

constexpr std::int64_t max_listed_events = 500;
constexpr std::int64_t usual_listed_events = 100;

// The cursor has the store's format, so one page may come from memory and the next from the store.
EventPage page_in_memory(const EventRing& ring, const EventFilter& filter,
                         const std::optional<std::string>& cursor, std::size_t limit) {
  const std::string name = event_list_name(filter);
  const std::string start = cursor ? read_cursor(name, *cursor).cursor : "";
  const auto before = parse_integer(start.substr(0, start.find(' ')));
  const auto events = ring.find(EventMatcher{filter}, before.value_or(INT64_MAX), limit + 1);
  EventPage page;
  for (const auto& event : events) {
    if (page.rows.size() < limit) page.rows.push_back({event->sequence, "", event->payload});
  }
  if (events.size() > limit) {
    page.next_cursor =
        public_cursor(name, {}, std::to_string(page.rows.back().sequence) + " memory\n");
  }
  return page;
}

}  // namespace

EventFilter event_filter_of(QueryReader& reader) {
  EventFilter filter;
  filter.kinds = event_kinds_from_operator(reader.text("kind").value_or(""));
  if (const auto device = reader.text("device")) {
    filter.device = DeviceKey::parse(*device);
    if (!filter.device) throw wrong_parameter("device", "device: expected PRODUCT/NUMBER");
  }
  if (const auto iccid = reader.text("iccid")) filter.iccid = iccid_from_operator(*iccid);
  return filter;
}

void handle_event_list(const Call& call, QueryReader& reader) {
  EventFilter filter = event_filter_of(reader);
  filter.since = reader.time("since", call.context.now);
  filter.before = reader.time("before", call.context.now);
  const std::int64_t limit =
      reader.integer("limit", 1, max_listed_events).value_or(usual_listed_events);
  const auto cursor = reader.text("cursor");
  reader.finish();
  const bool kept = keeps_events(call.store(), call.context.client_id);
  const EventPage page =
      kept ? event_page(call.store(), filter, cursor, static_cast<int>(limit))
           : page_in_memory(call.streams.ring(), filter, cursor, static_cast<std::size_t>(limit));
  JsonText json;
  json.begin_object().member("code", std::int64_t{200}).member("msg", "ok");
  json.member("source", kept ? "store" : "memory").member("more", !page.next_cursor.empty());
  json.member("nextCursor", or_null(page.next_cursor)).key("rows").begin_array();
  for (const OutboxRow& event : page.rows) json.raw(event.payload);
  call.response.body = json.end_array().end_object().take();
}

}  // namespace iotcard
