// SPDX-License-Identifier: Apache-2.0
// platform_counts.h - Why a card platform could not be asked, and how often it was asked with what
// end: plain values for the metrics. Pure; one thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "base/histogram.h"
#include "base/name_table.h"

namespace iotcard {

enum class PlatformFault : std::uint8_t {
  unreachable,   // no connection, or none that can be trusted
  timeout,       // no answer in time
  rate_limited,  // it says that we ask too much
  log_in,        // it does not take our credentials
  unavailable,   // it says that it cannot just now
  refused,       // any other error that it tells, of the request rather than of the platform
  unreadable,    // what it answers is not what its profile describes
  interrupted,   // by us: the program ends
};
inline constexpr auto platform_fault_names =
    make_name_table<PlatformFault>("unreachable", "timeout", "rate_limited", "log_in",
                                   "unavailable", "refused", "unreadable", "interrupted");

// Upper bounds of how long a request took, in seconds.
inline constexpr std::array platform_seconds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

struct PlatformCounts {
  std::uint64_t calls = 0;  // HTTP requests, log-ins among them
  std::array<std::uint64_t, platform_fault_names.names.size()> faults{};  // by PlatformFault
  std::uint64_t found = 0;                                                // cards, as the next two
  std::uint64_t not_found = 0;
  std::uint64_t failed = 0;          // the platform's answer about this one made no sense
  std::uint64_t unknown_values = 0;  // that its profile does not map
  Histogram<platform_seconds> seconds;
};

}  // namespace iotcard
