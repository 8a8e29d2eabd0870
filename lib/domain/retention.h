// SPDX-License-Identifier: Apache-2.0
// retention.h - How long and how much history is kept: section [retention] of the configuration,
// which upkeep/retention_sweeper.h carries out. A row that exceeds either its age or its number is
// deleted. A plain value; any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace iotcard {

struct Retention {
  std::int64_t rejected_reports = 100'000;                   // numbers: 1 to 10^12
  std::int64_t rejected_bytes = std::int64_t{256} << 20;     // of payloads, at least 1 MiB
  std::chrono::seconds rejected_age{std::chrono::days{30}};  // ages: 1 h to 100 years
  // Ended bindings, as many ended mismatches, and as many changes of cards.
  std::int64_t history = 1'000'000;
  std::chrono::seconds history_age{std::chrono::days{730}};
  std::int64_t unbound_devices = 1'000'000;
  std::chrono::seconds unbound_age{std::chrono::days{365}};
  // Published events: about 700 bytes each.
  std::int64_t events = 200'000;                          // 0: none is kept
  std::chrono::seconds events_age{std::chrono::days{7}};  // 0: none is kept
  bool keeps_events() const { return events > 0 && events_age > std::chrono::seconds{0}; }
  friend bool operator==(const Retention&, const Retention&) = default;
};

}  // namespace iotcard
