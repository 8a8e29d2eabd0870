// SPDX-License-Identifier: Apache-2.0
// event_stream.h - A bounded number of clients that follow the events as Server-Sent Events. Each
// reads the ring at its own pace, and what the ring no longer has from the history in the store, a
// page at a time. A client that is too slow is disconnected; when it comes back it is sent what it
// missed, or told of the gap. The publisher never waits for a client. Any thread; a stream occupies
// the thread that writes it. Source: the HTML standard, 9.2 (server-sent events).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "api/event_ring.h"
#include "api/response.h"
#include "operations/event_history.h"

namespace iotcard {

class EventStreams {
 public:
  explicit EventStreams(std::string store_id, int max_streams)
      : store_id_(std::move(store_id)), max_streams_(max_streams) {}

  EventRing& ring() { return ring_; }

  // Reads the store: events_behind() of this daemon's events. It may throw, which ends the stream;
  // the client then comes back. To be set before the first stream; without it only the ring counts.
  using History = std::function<std::optional<EventsBehind>(std::int64_t sequence)>;
  void set_history(History history) { history_ = std::move(history); }

  // A function that writes the stream of the events that match, for a client that has seen all
  // events up to `last_id` ("": a new one). It counts as a stream until it is destroyed. Throws
  // ApiError 503 if there are too many streams or the daemon is stopping.
  std::function<void(const WriteBytes&)> stream(const std::string& last_id,
                                                const EventFilter& filter = {});
  int open() const { return open_; }

 private:
  struct Position {
    std::int64_t after = 0;
    bool in_store = false;  // the ring does not reach back to it
    // With in_store: of events up to this one the client knows that some may be gone.
    std::int64_t told = 0;
  };

  void follow(const std::string& last_id, const EventMatcher& matcher,
              const WriteBytes& write) const;
  Position resume(const std::string& last_id, std::string& text) const;
  bool send_history(Position& position, const EventMatcher& matcher, const WriteBytes& write) const;

  const std::string store_id_;
  const int max_streams_;
  std::atomic<int> open_{0};
  EventRing ring_;
  History history_;
};

// One event as it is sent. `id` "": a client cannot resume at it.
std::string sse_text(std::string_view id, std::string_view type, std::string_view data);

}  // namespace iotcard
