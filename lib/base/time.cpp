// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include "base/time_scanner.h"

namespace iotcard {
namespace {

using namespace std::chrono;

void put_digits(char* at, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string to_rfc3339(Instant time) {
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss clock{floor<milliseconds>(time - day_start)};
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
  put_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
  put_digits(text.data() + 11, static_cast<unsigned>(clock.hours().count()), 2);
  put_digits(text.data() + 14, static_cast<unsigned>(clock.minutes().count()), 2);
  put_digits(text.data() + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  put_digits(text.data() + 20, static_cast<unsigned>(clock.subseconds().count()), 3);
  return text;
}

std::optional<Instant> parse_time(std::string_view text) {
  TimeScanner rest{text, TimeScanner::Spelling::rfc3339};
  const auto y = rest.take_number(4, 4, 9999);
  if (!y || !rest.take("-")) return std::nullopt;
  const auto m = rest.take_number(2, 2, 12);
  if (!m || !rest.take("-")) return std::nullopt;
  const auto d = rest.take_number(2, 2, 31);
  auto time = d ? start_of_day(*y, *m, *d) : std::nullopt;
  if (!time) return std::nullopt;
  if (!rest.at_end()) {
    if (!rest.take_any("Tt ")) return std::nullopt;
    const auto time_of_day = rest.take_time_of_day();
    const auto offset = time_of_day ? rest.take_offset() : std::nullopt;
    if (!offset || !rest.at_end()) return std::nullopt;
    *time += *time_of_day - *offset;
  }
  return is_in_range(*time) ? time : std::nullopt;
}

}  // namespace iotcard
