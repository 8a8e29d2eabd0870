// SPDX-License-Identifier: Apache-2.0
// platform_health.h - How a card platform has fared with us, as far as it must outlive the process:
// whether it may be asked now, and what an operator wants to see. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace iotcard {

struct PlatformHealth {
  std::int64_t failures = 0;             // in a row; 0: the last question was answered
  std::optional<Instant> next_try{};     // it is not asked before; absent: at any time
  std::optional<Instant> last_answer{};  // when it last answered
  std::optional<Instant> last_failure{};
  std::string fault{};    // the kind of the last failure, a name of platform_fault_names
  std::string failure{};  // the last failure, for people; without secrets

  friend bool operator==(const PlatformHealth&, const PlatformHealth&) = default;
};

}  // namespace iotcard
