// SPDX-License-Identifier: Apache-2.0
// job_queue.h - Which cards one platform is asked about next: requests of operators before all
// others, then alternately cards that the store does not have and cards whose state is too old; a
// batch at a time, and no card twice at once. Reads more from its source once a second, or when it
// has none left, and holds only what is asked next, so it is bounded. One thread at a time. Throws
// what the source throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "platform/card_answer.h"

namespace iotcard {

// What an operator wants of a platform.
struct OperatorRequest {
  std::int64_t id = 0;
  Iccid card;
  std::optional<CardAction> action{};   // absent: ask about the card
  std::optional<Instant> not_before{};  // the card may be asked about again from this time on
};

// What one thread asks the platform at a time.
struct PlatformJob {
  std::vector<Iccid> cards;
  std::optional<OperatorRequest> request{};
  bool unknown = false;  // the store does not have these cards
};

// Where jobs come from; at most `max` of each.
class JobSource {
 public:
  virtual ~JobSource() = default;
  virtual std::vector<OperatorRequest> requests(Instant now, int max) = 0;  // each only once
  virtual std::vector<Iccid> unknown(Instant now, int max) = 0;  // reported, but not in the store
  virtual std::vector<Iccid> stale(Instant now, int max) = 0;    // the oldest first
};

class JobQueue {
 public:
  static constexpr std::chrono::seconds read_interval{1};
  static constexpr std::size_t max_ready = 100;       // requests read that could begin now
  static constexpr std::size_t max_waiting = 10'000;  // requests read, with those for later
  static constexpr std::size_t max_postponed = 1000;

  // `batch`: cards in one job; `concurrency`: jobs at once.
  JobQueue(JobSource& source, int batch, int concurrency)
      : source_(source), batch_(batch), concurrency_(concurrency) {}

  void read(Instant now);
  void read_at_once() { read_at_.reset(); }
  // The job is under way until done().
  std::optional<PlatformJob> next(Instant now);
  void done(const PlatformJob& job);
  int under_way() const { return under_way_; }

  // Unknown cards that got no answer: they are asked about when the source has no others. The
  // oldest over the limit are dropped, and the source returns them again in time.
  void postpone(std::vector<Iccid> cards);
  const std::vector<OperatorRequest>& requests() const { return requests_; }  // that have not begun
  void drop_requests(std::size_t count) {                                     // the first ones
    requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void clear();  // everything that has not begun

 private:
  struct Waiting {
    std::deque<Iccid> cards;
    bool source_empty = false;  // at the last read
  };
  template <typename Read>
  void fill(Waiting& waiting, bool due, const Read& read_more);
  std::optional<PlatformJob> next_request(Instant now);
  std::optional<PlatformJob> next_cards(bool unknown);

  JobSource& source_;
  const int batch_;
  const int concurrency_;
  std::vector<OperatorRequest> requests_;
  Waiting unknown_;
  std::deque<Iccid> postponed_;  // unknown ones
  Waiting stale_;
  bool unknown_first_ = true;
  std::set<Iccid> in_flight_;
  int under_way_ = 0;
  std::optional<Instant> read_at_;
};

}  // namespace iotcard
