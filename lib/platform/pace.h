// SPDX-License-Identifier: Apache-2.0
// pace.h - How fast one platform may be asked: so many calls in such a time, evenly spaced and
// never in a burst, and so many at once. A pause that the platform asked for is the breaker's
// (breaker.h), not the pace's. PaceTable is pure arithmetic on times that come in, for one thread
// at a time; a Pace is for any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/duration.h"

namespace iotcard {

// Of a clock that nobody sets, since one that is set back would make calls wait for ever.
using PaceTime = std::chrono::steady_clock::time_point;

class PaceTable {
 public:
  // The first call goes a gap after `start`: one process may have made a call just before it ended
  // and the next began, so without that whoever restarts often would exceed the rate.
  PaceTable(Rate rate, int concurrency, PaceTime start);

  // Takes a place, if a call may go at this time.
  bool take(PaceTime now);
  // When that will be; nullopt: not before a place is given back.
  std::optional<PaceTime> next() const;
  void give_back();
  std::chrono::microseconds gap() const { return gap_; }  // between two calls, at least

 private:
  const std::chrono::microseconds gap_;
  const int concurrency_;
  PaceTime next_;
  int under_way_ = 0;
};

class Pace {
 public:
  Pace(Rate rate, int concurrency);

  // Blocks until the caller's call may go; they go in the order in which they came. Each that was
  // admitted is followed by done(). False: stopping, and no call may go any more.
  bool admit();
  void done();
  // Wakes all that wait. For good.
  void stop();

  int waiting() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PaceTable table_;                // guarded by mutex_, as all that follows
  std::uint64_t tickets_ = 0;      // given out
  std::uint64_t now_serving_ = 0;  // the ticket whose turn it is
  bool stopping_ = false;
};

}  // namespace iotcard
