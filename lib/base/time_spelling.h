// SPDX-License-Identifier: Apache-2.0
// time_spelling.h - Times as people, spreadsheets and carriers write them, for what an operator
// types or imports. Only unambiguous dates are read: with the year first, or with the day first and
// dots (23.11.2026). 03/04/2026 is refused. Not for what programs write: that is RFC 3339, read by
// time.h. Pure; any thread.
#pragma once

#include <string_view>
#include <variant>

#include "base/problem.h"
#include "base/time.h"

namespace iotcard {

// `zone` is the offset from UTC of a text that names none; a date alone is its midnight.
//
// 2026-11-23, 2026/11/23, 2026.11.23, 2026/1/3, 20261123, 2026年11月23日, 23.11.2026; behind any of
// them a T or blanks, 20:51 or 20:51:00.5, and perhaps Z, UTC, +08:00, +0800 or +08;
// 20261123205100; seconds (10 digits) or milliseconds (13) since 1970.
std::variant<Instant, Problem> read_time_spelling(std::string_view text, Duration zone = {});

// What an operator types for a point in the past, in every verb and query: an age such as 90s, 30m,
// 1h, 7d or 1w, which is as long before `now`, or a time as above. An age from before 1970 is 1970.
std::variant<Instant, Problem> read_age_or_time(std::string_view text, Instant now,
                                                Duration zone = {});

// The offset from UTC: "UTC", "Z", "+08:00", "+0800", "-03", "UTC+8". Names such as Asia/Shanghai
// are refused: their offset changes with the season and over the years.
std::variant<Duration, Problem> read_zone(std::string_view text);

}  // namespace iotcard
