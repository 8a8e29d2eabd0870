// SPDX-License-Identifier: Apache-2.0
// event_sweeper.h - Deletes published events that exceed `[retention] events` or `events_age`, the
// oldest first, and all of them if the history is off. A sequence says how many newer events there
// are, so nothing is counted; an age is found by a binary search; and a step deletes one range of
// keys. Events that wait for the broker are never deleted. Serves all clients of the store, those
// that are gone too. Applier's thread only. Throws StoreError.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/retention.h"
#include "store/event_history_store.h"

namespace iotcard {

class EventSweeper {
 public:
  // Deletes by age only after `first_sweep`: when a machine has just started, its clock may be
  // wrong.
  explicit EventSweeper(EventHistoryStore& store,
                        std::chrono::seconds first_sweep = std::chrono::hours{1});

  // One step if it is due, in a transaction of its own. True: more is due at once.
  bool step(const Retention& retention, Instant now);

 private:
  using Steady = std::chrono::steady_clock::time_point;

  void plan(const Retention& retention, Instant now);
  std::int64_t surplus(const Retention& retention, const std::vector<std::string>& clients);
  std::int64_t max_rows();

  EventHistoryStore& store_;
  std::map<std::string, std::int64_t> planned_;  // by client: up to which sequence to delete
  std::optional<std::int64_t> last_seen_{};      // the last sequence at the last step
  Steady check_at_{};
  Steady age_due_at_;
};

}  // namespace iotcard
