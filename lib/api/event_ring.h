// SPDX-License-Identifier: Apache-2.0
// event_ring.h - The events that the broker acknowledged last, in memory, for those who follow
// them: bounded by number and by bytes, the oldest going first. Not the outbox: what it has not got
// is said, never looked for. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  // By ascending sequence; another is ignored.
  void push(RingEvent event);
  // Ends all waiting, for good.
  void close();

  struct Span {
    std::int64_t oldest = 0;  // sequences; 0: there is none
    std::int64_t newest = 0;
    std::int64_t dropped = 0;  // up to this one; 0: none was
  };
  Span span() const;
  // Whether all that came behind `sequence` since it was pushed is still here.
  bool reaches_back_to(std::int64_t sequence) const;

  using Events = std::vector<std::shared_ptr<const RingEvent>>;
  // Events behind `after`, once there are some: at most `most`, none if the time is over or the
  // ring is closed. nullopt: some behind it are gone.
  std::optional<Events> wait(std::int64_t after, std::size_t most,
                             std::chrono::milliseconds patience) const;
  bool closed() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<std::shared_ptr<const RingEvent>> events_;  // guarded by mutex_, as all that follows
  std::size_t bytes_ = 0;
  std::int64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace iotcard
