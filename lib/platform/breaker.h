// SPDX-License-Identifier: Apache-2.0
// breaker.h - When a platform that failed may be asked again. Doubling waits with a random part,
// and what the platform itself asked for; after several failures in a row one question at a time,
// until one is answered. All that it knows is PlatformHealth, which is stored, so a restart is no
// way around it. Not a timer and no lock: time and chance come in as arguments, the owner locks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "domain/platform_health.h"
#include "platform/platform_client.h"

namespace iotcard {

struct BreakerTimes {
  static constexpr std::chrono::seconds first{1};    // the ceiling of the first wait; it doubles
  static constexpr std::chrono::minutes longest{5};  // up to this
  // A wrong password that is tried again and again makes platforms lock the account.
  static constexpr std::chrono::minutes log_in{5};     // at least, from the first
  static constexpr std::chrono::hours retry_after{1};  // at most, whatever it asked for
};
inline constexpr std::int64_t failures_to_open = 5;  // in a row

inline bool is_open(const PlatformHealth& health) {
  return health.failures >= failures_to_open;
}

// Until when nothing is asked; nullopt: not at all. A clock that was set back to before the failure
// ends the wait, since nobody can tell any more how much of it is left.
std::optional<Instant> waits_until(const PlatformHealth& health, Instant now);

// `under_way`: how many questions to this platform are. While the breaker is open it is one at a
// time, the probe.
bool may_ask(const PlatformHealth& health, Instant now, int under_way);

// A question failed. `random`: any number, evenly distributed. What fails while the platform waits
// already was asked before that, so it is of the same trouble, and is not counted again. That we
// interrupted it says nothing of the platform, and changes nothing.
void failed(PlatformHealth& health, const PlatformFailure& failure, Instant now,
            std::uint32_t random);

// A question was answered. The last failure stays to be seen.
void answered(PlatformHealth& health, Instant now);

}  // namespace iotcard
