// SPDX-License-Identifier: Apache-2.0
// statistics.h - Counts of what the store holds, for dashboards and /metrics; see listing.h for the
// rows. Counts are made one after the other, so a report that is applied meanwhile may be in one
// and not in another. Throws StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

// A key whose count is 0 may be missing in a map.
struct StoreStatistics {
  std::int64_t cards = 0;
  std::int64_t devices = 0;
  std::int64_t open_bindings = 0;
  std::int64_t rejected = 0;     // kept
  std::int64_t quarantined = 0;  // events
  std::int64_t silent_devices = 0;
  std::map<std::string, std::int64_t> by_status{};
  std::map<std::string, std::int64_t> by_reason{};        // a card with two reasons counts for both
  std::map<std::string, std::int64_t> open_mismatches{};  // by outcome; not the dismissed ones
  std::map<std::string, std::int64_t> open_suspects{};    // of open card_in_use
};
StoreStatistics describe_statistics(ListStore& store, const Context& context);

// Separate, since /metrics does not need it and it reads two whole indexes.
struct CardOrigins {
  std::map<std::string, std::int64_t> by_operator;
  std::map<std::int64_t, std::int64_t> by_platform;
};
CardOrigins describe_origins(ListStore& store);

// The cards with the highest usage, highest first.
std::vector<StoredCard> top_usage(ListStore& store, int max_cards);

// Of one daemon. Costs the same however much waits.
struct QueueStatistics {
  // Exact, or a few too many if several programs append to one store.
  std::int64_t outbox_events = 0;
  std::optional<Instant> oldest_event;     // by the event's own time
  std::optional<Instant> oldest_deferred;  // by the report's arrival
};
// The broker has acknowledged events up to `acknowledged`; their rows may still be in the outbox.
QueueStatistics describe_queues(Store& store, const Context& context, std::int64_t acknowledged);

}  // namespace iotcard
