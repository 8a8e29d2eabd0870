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

std::function<void(const WriteBytes&)> EventStreams::stream(const std::string& last_id) {
  if (++open_ > max_streams_ || ring_.closed()) {
    --open_;
    throw ApiError{
        503,
        fmt::format("there are {} event streams already; close one, or try later", max_streams_),
        {{"Retry-After", "30"}}};
  }
  std::shared_ptr<EventStreams> place{this, [](EventStreams* streams) { --streams->open_; }};
  return [this, place, last_id](const WriteBytes& write) { follow(last_id, write); };
}

void EventStreams::follow(const std::string& last_id, const WriteBytes& write) const {
  std::string text{still_here};
  const EventRing::Span span = ring_.span();
  std::int64_t after = span.newest;
  if (!last_id.empty()) {
    const auto seen = sequence_in(last_id, store_id_);
    after = seen.value_or(0);
    // After the newest: the client saw it before the store was restored from a backup.
    const bool ahead = after > span.newest;
    if (!seen || ahead || !ring_.reaches_back_to(after)) {
      const bool restarted = ahead || span.dropped == 0;
      const char* reason = !seen ? "other_store" : restarted ? "restarted" : "expired";
      text += gap_text(store_id_, reason, last_id, span);
      after = ahead ? span.newest : std::max(after, span.dropped);
    }
  }
  int quiet = 0;
  for (;;) {
    if (!write(text)) return;
    const auto events = ring_.wait(after, events_per_write, check_interval);
    if (!events || ring_.closed()) return;  // the client is too slow, or the daemon is stopping
    quiet = events->empty() ? (quiet + 1) % heartbeat : 0;
    text = events->empty() && quiet == 0 ? still_here : "";
    for (const auto& event : *events) {
      text += sse_text(id_text(store_id_, event->sequence), event->type, event->payload);
      after = event->sequence;
    }
  }
}

}  // namespace iotcard
