// SPDX-License-Identifier: Apache-2.0
// zone_argument.h - The value of --zone, and help for verbs that read times. The main thread only.
#pragma once

#include <string>

#include "base/time.h"

namespace iotcard {

// For the footer of such a verb.
inline constexpr const char* time_help =
    "Times: 2026-11-23, 2026/11/23, 20261123, 23.11.2026, 2026年11月23日, 2026-11-23 20:51:00,\n"
    "2026-11-23T20:51:00+08:00, or seconds or milliseconds since 1970; a date is its midnight.\n"
    "11/23/2026 is refused: day and month could be exchanged. Sizes: 500000000, 500MB, 1.5GiB.";

Duration zone_from_operator(const std::string& text);  // throws UsageError

}  // namespace iotcard
