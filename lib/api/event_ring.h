// SPDX-License-Identifier: Apache-2.0
// event_ring.h - The last events that the broker acknowledged, in memory, for event streams:
// bounded by number and by bytes, the oldest is dropped first. It reads no store: events that it no
// longer has are reported as gone. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/event_filter.h"

namespace iotcard {

struct RingEvent {
  std::int64_t sequence = 0;
  std::string type;     // "binding.created"
  std::string payload;  // JSON on one line
};

class EventRing {
 public:
  struct Limits {
    std::size_t events = 10'000;
    std::size_t bytes = 4 << 20;  // of types and payloads
  };
  EventRing() : EventRing(Limits{}) {}
  explicit EventRing(Limits limits) : limits_(limits) {}

  // An event whose sequence is not above the last one is ignored.
  void push(RingEvent event);
  // Ends all waiting. For good.
  void close();

  struct Span {
    std::int64_t oldest = 0;  // sequence; 0: the ring is empty
    std::int64_t newest = 0;
    std::int64_t dropped = 0;  // the last dropped sequence; 0: nothing was dropped
  };
  Span span() const;
  // Whether the ring has all events after `sequence`.
  bool reaches_back_to(std::int64_t sequence) const;

  using Events = std::vector<std::shared_ptr<const RingEvent>>;
  // Waits for events after `after`. None after the timeout, or if the ring is closed; nullopt if
  // some of them have been dropped.
  std::optional<Events> wait(std::int64_t after, std::size_t max_events,
                             std::chrono::milliseconds timeout) const;
  // Events before `before` that match, newest first.
  Events find(const EventMatcher& matcher, std::int64_t before, std::size_t max_events) const;
  bool closed() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<std::shared_ptr<const RingEvent>> events_;
  std::size_t bytes_ = 0;
  std::int64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace iotcard
