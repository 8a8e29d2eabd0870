// SPDX-License-Identifier: Apache-2.0
// platform_counts.h - How often a card platform was asked, and with which result: plain values for
// the metrics. Pure; one thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "base/histogram.h"
#include "base/service_fault.h"

namespace iotcard {

// Upper bounds of the duration of a request, in seconds.
inline constexpr std::array platform_seconds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

struct PlatformCounts {
  std::uint64_t calls = 0;  // HTTP requests, log-ins among them
  std::array<std::uint64_t, service_fault_names.names.size()> faults{};  // by ServiceFault
  std::uint64_t found = 0;           // cards that the platform knows
  std::uint64_t not_found = 0;       // cards that the platform does not know
  std::uint64_t failed = 0;          // cards about which the answer was unusable
  std::uint64_t unknown_values = 0;  // values that the profile does not map
  Histogram<platform_seconds> seconds;
};

}  // namespace iotcard
