// SPDX-License-Identifier: Apache-2.0
// platform_jobs.h - The jobs of one card platform, read from the store, and their results, written
// to it. The store has everything that must outlive the process: who may ask the platform, when
// each card was last asked about, which cards the platform does not know, how the platform answers,
// and what operators want. One thread at a time. A function that throws StoreError has changed
// nothing and may be called again.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "operations/operation.h"
#include "refresh/job_queue.h"
#include "refresh/not_found_guard.h"

namespace iotcard {

struct JobOptions {
  std::int64_t platform = 0;             // PlatformRunner sets it, interval, timeout, finished
  std::string holder;                    // of the lease: the same again after a restart
  std::chrono::milliseconds max_age{};   // of a card's state; 0: no card is stale
  NotFoundLimit not_found{};             // above which a wave is held back
  std::chrono::milliseconds miss_ttl{};  // how long "the platform does not know it" is believed
  std::chrono::milliseconds interval{};  // between two requests about one card
  std::chrono::milliseconds timeout{};   // of one request to the platform
  bool scheduled = true;                 // false: only what operators request
  std::function<void()> finished{};      // called after a request of an operator was finished
};

// Whether this process may ask the platform now: no other process does.
enum class Lease : std::uint8_t {
  none,
  acquired,  // after a gap: another process may have had it, so jobs taken before are void
  renewed,   // without a gap
};

// What became of an answer.
struct AppliedAnswer {
  bool stored = false;    // false: the store has no such card of this platform, and got none
  bool added = false;     // the card is new
  bool held = false;      // it is not_found, which is held back
  std::string ignored{};  // why a field or the whole answer was ignored; "" if nothing was
  std::string notice{};   // of NotFoundGuard, for the log
};

class PlatformJobs : public JobSource {
 public:
  // `context` gives the rules and the time; `changed` is called after what may have made events.
  PlatformJobs(Store& store, JobOptions options, std::function<Context()> context,
               std::function<void()> changed);

  // To be called again within half a minute; the lease of a dead process ends after a minute.
  Lease acquire(Instant now);
  void release() noexcept;

  std::vector<OperatorRequest> requests(Instant now, int max) override;
  std::vector<Iccid> unknown(Instant now, int max) override;
  std::vector<Iccid> stale(Instant now, int max) override;
  // One transaction each, from here on.
  // Requests of which nothing was begun: the next process that asks the platform gets them.
  void give_back(std::span<const OperatorRequest> requests);
  AppliedAnswer apply(const CardAnswer& answer, bool requested = false);
  void finish(std::span<const OperatorRequest> requests, const std::string& failure);

  PlatformHealth health();
  void save_health(const PlatformHealth& health);

 private:
  bool read_unknown(std::int64_t& cursor, int spans, std::vector<Iccid>& found, int max,
                    Instant now);

  Store& store_;
  const JobOptions options_;
  const std::function<Context()> context_;
  const std::function<void()> changed_;
  bool held_ = false;
  std::int64_t newest_ = 0;            // mismatches up to this id were read as they came
  std::optional<std::int64_t> sweep_;  // a second read has come to this id; absent: none runs
  Instant swept_at_{};                 // when the last sweep began
};

// Stores what a card platform answered about one card: merges the fields into the card, or adds the
// card, or records that the platform does not know it.

// How long a card is not asked about after a failure, at most.
inline constexpr std::chrono::minutes failed_pause{10};

// One transaction. A card of another platform stays as it is. A failure changes nothing of the card
// and makes it due sooner than `max_age`, but not at once. `requested`: by an operator.
AppliedAnswer apply_answer(Store& store, const Context& context, std::int64_t platform,
                           const CardAnswer& answer, std::chrono::milliseconds max_age,
                           const NotFoundLimit& limit = {}, bool requested = false);

}  // namespace iotcard
