// SPDX-License-Identifier: Apache-2.0
// statistics.h - How many there are of each: what a dashboard and /metrics show of the store.
// Counts only; who and which is listing.h's. The counts are one by one, so a report that is applied
// meanwhile may be in one and not in another. Throws StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

// A kind of which there is none may be missing in a map.
struct StoreStatistics {
  std::int64_t cards = 0;
  std::int64_t devices = 0;
  std::int64_t open_bindings = 0;
  std::int64_t rejected = 0;  // kept
  std::map<std::string, std::int64_t> by_status;
  std::map<std::string, std::int64_t> by_reason;        // a card with two reasons counts for both
  std::map<std::string, std::int64_t> open_mismatches;  // by outcome; not the dismissed ones
};
StoreStatistics describe_statistics(Store& store, const Context& context);

// Whose the cards are. Apart, since /metrics has no use for it and it reads two whole indexes.
struct CardOrigins {
  std::map<std::string, std::int64_t> by_operator;
  std::map<std::int64_t, std::int64_t> by_platform;
};
CardOrigins describe_origins(Store& store);

// The cards that have used most, the most first.
std::vector<StoredCard> top_usage(Store& store, int most);

// What waits in the store for one daemon.
struct QueueStatistics {
  // As many as there are, or a few more where several programs append to one store.
  std::int64_t outbox_events = 0;
  std::optional<Instant> oldest_event;  // its own time
  std::int64_t deferred_reports = 0;
  std::optional<Instant> oldest_deferred;  // its arrival
};
// `acknowledged`: up to this sequence the broker has the events, though their rows may be there.
QueueStatistics describe_queues(Store& store, const Context& context, std::int64_t acknowledged);

}  // namespace iotcard
