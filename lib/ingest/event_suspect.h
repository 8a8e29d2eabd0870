// SPDX-License-Identifier: Apache-2.0
// event_suspect.h - Finds the event that the broker does not take although it takes others: one
// that ends each connection it is sent over, or that is refused again and again. Such an event
// would hold up all behind it. Keeps counts only; the caller says what happened, and sends one
// event at a time while alone() says so. An event is found only after `limit` ends of the
// connection at which it was the only one under way, so a broker that goes away is no reason; and
// of events that end every connection only the first is found, until the broker takes another one.
// One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iotcard {

class EventSuspect {
 public:
  static constexpr int limit = 3;     // ends of the connection, or refusals, of one event
  static constexpr int together = 2;  // ends with several under way, before alone()

  // `window`: how many are under way otherwise. The one that ended the connection may be any.
  explicit EventSuspect(std::size_t window) : window_(window) {}

  bool alone() const { return left_alone_ > 0; }
  void acknowledged(std::int64_t sequence);
  // Soon after `first` was sent, with so many under way, `first` being the lowest. True: it is the
  // one.
  bool connection_ended(std::int64_t first, std::size_t under_way);
  // For no reason that lies in the event. True: it is the one, since others are taken.
  bool refused(std::int64_t sequence);

 private:
  void suspect(std::int64_t sequence);

  const std::size_t window_;
  std::int64_t sequence_ = 0;  // 0: none
  int ends_ = 0;
  int ends_alone_ = 0;
  int refusals_ = 0;
  bool others_taken_ = false;  // since it was first refused
  bool one_was_taken_ = true;  // since an event was last found to end connections
  std::size_t left_alone_ = 0;
};

}  // namespace iotcard
