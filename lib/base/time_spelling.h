// SPDX-License-Identifier: Apache-2.0
// time_spelling.h - Times as people, spreadsheets and carriers write them, for what an operator
// types or imports. Only what can mean one thing: a date begins with its year, or has its day first
// and dots (23.11.2026); of 03/04/2026 nobody can tell day from month, so it is refused, and why.
// Not for what programs write: that is RFC 3339, read by time.h. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace iotcard {

// The time, or what was expected instead. `zone` is what the clock on the wall is ahead of UTC, for
// a text that does not say so itself; a date alone is its midnight.
//
// 2026-11-23, 2026/11/23, 2026.11.23, 2026/1/3, 20261123, 2026年11月23日, 23.11.2026; behind any of
// them a T or blanks, 20:51 or 20:51:00.5, and perhaps Z, UTC, +08:00, +0800 or +08;
// 20261123205100; seconds (10 digits) or milliseconds (13) since 1970.
std::variant<Instant, std::string> read_time_spelling(std::string_view text, Duration zone = {});

// "UTC", "Z", "+08:00", "+0800", "-03", "UTC+8": what it is ahead of UTC, or what was expected.
// Names such as Asia/Shanghai are refused: what they mean changes with the seasons and the years.
std::variant<Duration, std::string> read_zone(std::string_view text);

}  // namespace iotcard
