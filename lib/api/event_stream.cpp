// SPDX-License-Identifier: Apache-2.0
#include "api/event_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds check_interval{1};  // whether the client is still there
constexpr int heartbeat = 15;                      // checks
constexpr std::size_t events_per_write = 64;
constexpr std::string_view still_here = ": still here\n\n";

// Without data a browser takes the id and reports no event. A client whose filter fits nothing for
// long then comes back behind what it need not see again.
std::string still_here_at(std::string_view store_id, std::int64_t sequence) {
  return fmt::format(": still here\nid: {}:{}\n\n", store_id, sequence);
}

// The sequence in "<store id>:<sequence>", if it is of this store.
std::optional<std::int64_t> sequence_in(std::string_view id, std::string_view store_id) {
  if (!id.starts_with(store_id) || id.size() <= store_id.size() || id[store_id.size()] != ':') {
    return std::nullopt;
  }
  const std::string_view digits = id.substr(store_id.size() + 1);
  const auto sequence = parse_integer(digits);
  return sequence && *sequence >= 0 ? sequence : std::nullopt;
}

std::string id_text(std::string_view store_id, std::int64_t sequence) {
  return fmt::format("{}:{}", store_id, sequence);
}

// Describes events that the client missed or may have missed.
std::string gap_text(std::string_view store_id, std::string_view reason, std::string_view last_id,
                     const EventRing::Span& span) {
  JsonText json;
  const auto id = [&](std::int64_t sequence) {
    return sequence == 0 ? std::nullopt : std::optional{id_text(store_id, sequence)};
  };
  json.begin_object()
      .member("reason", reason)
      .member("last_event_id", last_id)
      .member("oldest", id(span.oldest))
      .member("newest", id(span.newest))
      .end_object();
  return sse_text("", "gap", json.view());
}

}  // namespace

std::string sse_text(std::string_view id, std::string_view type, std::string_view data) {
  const std::string first = id.empty() ? "" : fmt::format("id: {}\n", id);
  return fmt::format("{}event: {}\ndata: {}\n\n", first, type, data);
}

std::function<void(const WriteBytes&)> EventStreams::stream(const std::string& last_id,
                                                            const EventFilter& filter) {
  if (++open_ > max_streams_ || ring_.closed()) {
    --open_;
    throw ApiError{
        503,
        {ErrorKey::too_many_streams},
        fmt::format("there are {} event streams already; close one, or try later", max_streams_),
        {{"Retry-After", "30"}}};
  }
  std::shared_ptr<EventStreams> place{this, [](EventStreams* streams) { --streams->open_; }};
  return [this, place, last_id, matcher = EventMatcher{filter}](const WriteBytes& write) {
    follow(last_id, matcher, write);
  };
}

// Where a client continues; `text` gets the gap if it has missed events for good.
EventStreams::Position EventStreams::resume(const std::string& last_id, std::string& text) const {
  EventRing::Span span = ring_.span();
  if (last_id.empty()) return {span.newest, false};
  const auto seen = sequence_in(last_id, store_id_);
  if (!seen) {
    text += gap_text(store_id_, "other_store", last_id, span);
    return {span.dropped, false};
  }
  // After the newest: the client saw it before the store was restored from a backup, or this
  // process has not published it again.
  const bool ahead = *seen > span.newest;
  if (!ahead && ring_.reaches_back_to(*seen)) return {*seen, false};
  const auto kept = history_ ? history_(*seen) : std::nullopt;
  if (kept && *seen <= kept->last) {
    if (*seen < kept->complete_after) {
      span.oldest = kept->oldest == 0 ? span.oldest : kept->oldest;
      span.newest = std::max(span.newest, kept->newest);
      text += gap_text(store_id_, "expired", last_id, span);
    }
    return {*seen, true, kept->complete_after};
  }
  const bool restarted = ahead || span.dropped == 0;
  text += gap_text(store_id_, restarted ? "restarted" : "expired", last_id, span);
  return {ahead ? span.newest : std::max(*seen, span.dropped), false};
}

// One page. False: the client is gone, or retention has deleted what it was to get next: it comes
// back and is told of the gap.
bool EventStreams::send_history(Position& position, const EventMatcher& matcher,
                                const WriteBytes& write) const {
  const auto page = history_(position.after);
  if (page && page->complete_after > std::max(position.after, position.told)) return false;
  position.in_store = page && !page->rows.empty();
  if (!position.in_store) return true;  // what follows is in the ring, or is still to come
  std::string text;
  for (const OutboxRow& row : page->rows) {
    if (matcher.matches(row.payload)) {
      text += sse_text(id_text(store_id_, row.sequence), event_kind(row.payload), row.payload);
    }
    position.after = row.sequence;
  }
  return write(text);
}

void EventStreams::follow(const std::string& last_id, const EventMatcher& matcher,
                          const WriteBytes& write) const {
  std::string text{still_here};
  Position position = resume(last_id, text);
  if (!write(text)) return;
  while (position.in_store) {
    if (ring_.closed() || !send_history(position, matcher, write)) return;
  }
  int quiet = 0;
  std::int64_t told = position.after;  // the client knows this id
  for (;;) {
    const auto events = ring_.wait(position.after, events_per_write, check_interval);
    if (!events || ring_.closed()) return;  // the client is too slow, or the daemon is stopping
    text.clear();
    for (const auto& event : *events) {
      if (matcher.matches(event->payload)) {
        text += sse_text(id_text(store_id_, event->sequence), event->type, event->payload);
        told = event->sequence;
      }
      position.after = event->sequence;
    }
    quiet = text.empty() ? (quiet + 1) % heartbeat : 0;
    const bool passed_over = position.after > told;
    if (text.empty() && (quiet == 0 || (events->empty() && passed_over))) {
      text = passed_over ? still_here_at(store_id_, position.after) : std::string{still_here};
      told = position.after;
    }
    if (!write(text)) return;
  }
}

}  // namespace iotcard
