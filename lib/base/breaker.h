// SPDX-License-Identifier: Apache-2.0
// breaker.h - When a remote service that failed may be asked again: after a random wait that
// doubles, or after the wait that the service asked for; after several failures in a row only one
// request at a time, until one is answered. Its whole state is ServiceHealth, which is stored, so a
// restart does not shorten a wait. Pure: time and chance are arguments. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/service_health.h"
#include "base/time.h"

namespace iotcard {

struct BreakerTimes {
  static constexpr std::chrono::seconds first{1};  // the upper bound of the first wait; it doubles
  static constexpr std::chrono::minutes longest{5};  // up to this
  // A wrong password that is tried again and again makes services lock the account.
  static constexpr std::chrono::minutes log_in{5};     // at least, from the first failure on
  static constexpr std::chrono::hours retry_after{1};  // at most, whatever the service asked for
};
inline constexpr std::int64_t failures_to_open = 5;  // in a row

inline bool is_open(const ServiceHealth& health) {
  return health.failures >= failures_to_open;
}

// Until when the service is not asked; nullopt: it may be asked now. A clock that was set back to
// before the failure ends the wait, since the rest of it is unknown.
std::optional<Instant> waits_until(const ServiceHealth& health, Instant now);

// `under_way`: jobs of this service. While the breaker is open there is one at a time, the probe.
bool may_ask(const ServiceHealth& health, Instant now, int under_way);

// A job failed. `random`: any number, evenly distributed. A failure while the service waits
// already belongs to a job that began before the wait, and is not counted. An interruption by us
// changes nothing.
void failed(ServiceHealth& health, const ServiceFailure& failure, Instant now,
            std::uint32_t random);

// A job was answered. The last failure stays visible.
void answered(ServiceHealth& health, Instant now);

}  // namespace iotcard
