// SPDX-License-Identifier: Apache-2.0
// A cursor has a line for each client whose events are left: "SEQUENCE CLIENT", to be continued
// before that sequence.
#include "operations/event_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "store/event_search.h"

namespace iotcard {
namespace {

// Events that a page reads at most: about 20 ms.
constexpr int scanned_a_page = 20'000;
// How much older than its neighbours an event may be, and is found by its time all the same.
constexpr std::chrono::hours disorder{24};

// The events of one client that are left.
struct ClientPart {
  std::string client_id;
  EventRange range;  // `before` 0: nothing is left
  FoundEvents found{};
  std::size_t taken = 0;  // of found.rows

  bool has_row() const { return taken < found.rows.size(); }
  const OutboxRow& row() const { return found.rows[taken]; }
  // Its next row is not known yet.
  bool is_unread() const { return !has_row() && found.next != 0; }
  // Where the next page continues; 0: nothing is left.
  std::int64_t next() const {
    if (!has_row()) return found.next;
    return taken == 0 ? range.before : found.rows[taken - 1].sequence;
  }
};

std::string cursor_of(const std::vector<ClientPart>& parts) {
  std::string cursor;
  for (const ClientPart& part : parts) {
    if (part.next() != 0) cursor += fmt::format("{} {}\n", part.next(), part.client_id);
  }
  return cursor;
}

std::vector<ClientPart> parts_of(Store& store, std::string_view cursor) {
  std::vector<ClientPart> parts;
  if (cursor.empty()) {
    for (std::string& client : store.event_clients()) parts.push_back({std::move(client), {}});
    return parts;
  }
  for (const std::string_view line : split(cursor, '\n')) {
    const std::size_t space = line.find(' ');
    const auto before = parse_integer(line.substr(0, space));
    if (!before || space == line.npos) continue;
    parts.push_back({std::string{line.substr(space + 1)}, {.before = *before}});
  }
  return parts;
}

// Leaves out what lies before and after the filter's times.
void narrow(Store& store, const EventFilter& filter, ClientPart& part) {
  if (filter.since) {
    const std::int64_t first = find_event_time(store, part.client_id, *filter.since - disorder);
    part.range.after = std::max<std::int64_t>(part.range.after, first - 1);
  }
  if (filter.before) {
    const std::int64_t end = find_event_time(store, part.client_id, *filter.before + disorder);
    if (end > 0) part.range.before = std::min(part.range.before, end);
  }
}

// The part with the newest row, by the event's time, then by its sequence.
ClientPart* newest(std::vector<ClientPart>& parts) {
  const auto age = [](const ClientPart& part) {
    return std::pair{event_time(part.row().payload), part.row().sequence};
  };
  ClientPart* best = nullptr;
  for (ClientPart& part : parts) {
    if (part.has_row() && (best == nullptr || age(*best) < age(part))) best = &part;
  }
  return best;
}

StorePage<OutboxRow> read_page(Store& store, const EventFilter& filter, const std::string& cursor,
                               int max_rows) {
  std::vector<ClientPart> parts = parts_of(store, cursor);
  const EventMatcher matcher{filter};
  const int scanned = scanned_a_page / static_cast<int>(std::max<std::size_t>(1, parts.size()));
  for (ClientPart& part : parts) {
    narrow(store, filter, part);
    part.found = store.find_events(part.client_id, matcher, part.range,
                                   {.rows = max_rows, .scanned = std::max(1, scanned)});
  }
  StorePage<OutboxRow> page;
  while (std::ssize(page.rows) < max_rows && std::ranges::none_of(parts, &ClientPart::is_unread)) {
    ClientPart* const part = newest(parts);
    if (part == nullptr) break;
    page.rows.push_back(part->row());
    ++part->taken;
  }
  page.next_cursor = cursor_of(parts);
  return page;
}

std::int64_t count_events(Store& store, const EventFilter& filter, std::int64_t at_most) {
  constexpr int rows_a_page = 1000;
  std::int64_t count = 0;
  std::string cursor;
  do {
    const auto page = read_page(store, filter, cursor, rows_a_page);
    count += std::ssize(page.rows);
    cursor = page.next_cursor;
  } while (!cursor.empty() && count < at_most);
  return std::min(count, at_most);
}

}  // namespace

std::string event_list_name(const EventFilter& filter) {
  return fmt::format("events {} {} {}", join(filter.kinds.names(event_names), ","),
                     filter.device ? filter.device->text() : "-",
                     filter.iccid ? filter.iccid->text() : "-");
}

EventKinds event_kinds_from_operator(std::string_view text) {
  EventKinds kinds;
  if (text.empty()) return kinds;
  if (text.ends_with(',')) text.remove_suffix(1);
  for (const std::string_view name : split(text, ',')) {
    const auto named = event_kinds_named(name);
    if (!named) {
      throw OperationError::invalid(fmt::format(
          "kind: \"{}\" is no kind of event; expected a category, such as mismatch, or one of {}",
          printable(name), join(event_names.names, ", ")));
    }
    kinds.add(*named);
  }
  return kinds;
}

bool keeps_events(Store& store, const std::string& client_id) {
  return store.complete_after(client_id).has_value();
}

void require_history(Store& store) {
  for (const std::string& client : store.clients()) {
    if (keeps_events(store, client)) return;
  }
  throw OperationError::conflict(
      "the history of events is off: set [retention] events and events_age above 0 and reload the "
      "daemon; it is also off until a daemon has run on this store");
}

RowList<OutboxRow> event_rows(Store& store, const EventFilter& filter) {
  return {
      .name = event_list_name(filter),
      .filtered = true,
      .read = [&store, filter](const PageStart& start,
                               int limit) { return read_page(store, filter, start.after, limit); },
      .count = [&store,
                filter](std::int64_t at_most) { return count_events(store, filter, at_most); }};
}

EventPage event_page(Store& store, const EventFilter& filter,
                     const std::optional<std::string>& cursor, int max_rows) {
  const std::string name = event_list_name(filter);
  const std::string start = cursor ? read_cursor(name, *cursor).cursor : "";
  StorePage<OutboxRow> page = read_page(store, filter, start, max_rows);
  EventPage result{std::move(page.rows), {}};
  if (!page.next_cursor.empty()) result.next_cursor = public_cursor(name, {}, page.next_cursor);
  return result;
}

std::optional<EventsBehind> events_behind(Store& store, const std::string& client_id,
                                          std::int64_t sequence, int limit) {
  const auto complete_after = store.complete_after(client_id);
  if (!complete_after) return std::nullopt;
  return EventsBehind{.rows = store.published_events(client_id, sequence, limit),
                      .complete_after = *complete_after,
                      .oldest = store.oldest_event(client_id).value_or(0),
                      .newest = store.published_position(client_id),
                      .last = store.last_sequence()};
}

}  // namespace iotcard
