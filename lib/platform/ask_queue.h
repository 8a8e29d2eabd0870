// SPDX-License-Identifier: Apache-2.0
// ask_queue.h - What one platform is asked next: an operator's request before all else, then by
// turns cards that the store does not know and cards of which too little is known; a batch at a
// time, and no card twice at once. Looks at the desk for more, once a second or when it has run
// out; holds just what is asked next, so it is bounded. No threads: the owner locks. Throws what
// the desk throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "platform/platform_jobs.h"

namespace iotcard {

class AskQueue {
 public:
  static constexpr std::chrono::seconds look_interval{1};
  static constexpr std::size_t most_requests = 100;    // given out by the desk, that might begin
  static constexpr std::size_t most_waiting = 10'000;  // those for their interval, too
  static constexpr std::size_t most_later = 1000;

  // One question, which is under way until done().
  struct Task {
    std::vector<Iccid> cards;
    std::optional<PlatformJob> request{};
    bool unknown = false;  // to the store
  };

  // `batch`: cards in one question; `concurrency`: questions at once.
  AskQueue(PlatformJobs& desk, int batch, int concurrency)
      : desk_(desk), batch_(batch), concurrency_(concurrency) {}

  void look(Instant now);
  void look_at_once() { looked_at_.reset(); }
  std::optional<Task> next(Instant now);
  void done(const Task& task);
  int under_way() const { return under_way_; }

  // Cards of a task that got no answer: when the desk has no others. Of too many the oldest are let
  // go, and the desk gives them out again in time.
  void ask_later(std::vector<Iccid> cards);
  // Of those that have not begun; null if there is none.
  const PlatformJob* first_request() const { return requests_.empty() ? nullptr : &requests_[0]; }
  void drop_first_request() { requests_.erase(requests_.begin()); }
  void forget();  // whatever has not begun

 private:
  struct Waiting {
    std::deque<Iccid> cards;
    bool desk_has_none = false;  // at the last look
  };
  template <typename Next>
  void fill(Waiting& waiting, bool due, const Next& next);
  std::optional<Task> next_request(Instant now);
  std::optional<Task> next_cards(bool unknown);

  PlatformJobs& desk_;
  const int batch_;
  const int concurrency_;
  std::vector<PlatformJob> requests_;
  Waiting unknown_;
  std::deque<Iccid> later_;  // of the unknown
  Waiting stale_;
  bool unknown_has_turn_ = true;
  std::set<Iccid> in_flight_;
  int under_way_ = 0;
  std::optional<Instant> looked_at_;
};

}  // namespace iotcard
