// SPDX-License-Identifier: Apache-2.0
// pace.h - How fast one platform may be asked: so many requests in such a time, evenly spaced and
// never in a burst. A pause that the platform asked for is the breaker's (breaker.h). PaceTable is
// pure arithmetic on times that come in, for one thread at a time; a Pace is for any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/duration.h"

namespace iotcard {

// Of a clock that nobody sets: a clock that is set back would make requests wait for ever.
using PaceTime = std::chrono::steady_clock::time_point;

class PaceTable {
 public:
  // The first request goes a gap after `start`: another process may have sent one just before it
  // ended, so a program that is restarted often would exceed the rate otherwise.
  PaceTable(Rate rate, PaceTime start);

  bool take(PaceTime now);                                // true: a request may be sent now
  PaceTime next() const { return next_; }                 // when the next one may be sent
  std::chrono::microseconds gap() const { return gap_; }  // between two requests, at least

 private:
  const std::chrono::microseconds gap_;
  PaceTime next_;
};

class Pace {
 public:
  explicit Pace(Rate rate);

  // Blocks until the caller may send its request, in the order of the calls. False: stopped.
  bool admit();
  void stop();  // for good; wakes all callers that wait

  int waiting() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  struct State {  // guarded by mutex_
    PaceTable table;
    std::uint64_t tickets = 0;  // given out
    std::uint64_t serving = 0;  // the ticket that is next
    bool stopping = false;
  } state_;
};

}  // namespace iotcard
