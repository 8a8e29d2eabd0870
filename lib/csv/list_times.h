// SPDX-License-Identifier: Apache-2.0
// list_times.h - Times of lists that base/time_spelling.h leaves alone because nobody can tell day
// from month: a mapping says which comes first. Also English names of months and the 12-hour clock.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/name_table.h"

namespace iotcard {

enum class DateOrder : std::uint8_t { unknown, day_first, month_first };
inline constexpr auto date_order_names =
    make_name_table<DateOrder>("unknown", "day-first", "month-first");

// The same time with the date as 2026-11-23 and a clock of 24 hours, from 23/11/2026, 11/23/26,
// 23-Nov-2026 or Nov 23, 2026, perhaps with 8:51:00 PM and a zone behind it. A text that is none
// of these comes back as it is.
std::string plain_time(std::string_view text, DateOrder order);

}  // namespace iotcard
