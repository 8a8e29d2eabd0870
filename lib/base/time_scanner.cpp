// SPDX-License-Identifier: Apache-2.0
#include "base/time_scanner.h"

#include "base/text.h"

namespace iotcard {

std::size_t TimeScanner::digits_ahead() const {
  std::size_t count = 0;
  while (count < rest_.size() && is_digit(rest_[count])) ++count;
  return count;
}

bool TimeScanner::take(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool TimeScanner::take_any(std::string_view characters) {
  if (rest_.empty() || characters.find(rest_.front()) == characters.npos) return false;
  rest_.remove_prefix(1);
  return true;
}

bool TimeScanner::take_blanks() {
  const std::size_t before = rest_.size();
  while (take(" ")) continue;
  return rest_.size() < before;
}

int TimeScanner::take_digits(std::size_t count) {
  int value = 0;
  for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
  rest_.remove_prefix(count);
  return value;
}

std::optional<int> TimeScanner::take_number(std::size_t min_digits, std::size_t max_digits,
                                            int max) {
  const std::size_t digits = digits_ahead();
  if (digits < min_digits || digits > max_digits) return std::nullopt;
  const int value = take_digits(digits);
  return value <= max ? std::optional{value} : std::nullopt;
}

std::optional<Duration> TimeScanner::take_time_of_day() {
  const auto h = take_number(strict_ ? 2 : 1, 2, 23);
  if (!h || !take(":")) return std::nullopt;
  const auto m = take_number(2, 2, 59);
  if (!m) return std::nullopt;
  const Duration time = std::chrono::hours{*h} + std::chrono::minutes{*m};
  if (!take(":")) return strict_ ? std::nullopt : std::optional{time};
  const auto s = take_number(2, 2, 60);
  if (!s) return std::nullopt;
  const auto fraction = take(".") ? take_fraction() : Duration{0};
  if (!fraction) return std::nullopt;
  return time + std::chrono::seconds{*s} + *fraction;
}

std::optional<Duration> TimeScanner::take_fraction() {
  const std::size_t digits = digits_ahead();
  if (digits == 0) return std::nullopt;
  Duration fraction{0};
  int scale = 100'000;
  for (const char c : rest_.substr(0, digits)) {
    fraction += Duration{(c - '0') * scale};
    scale /= 10;
  }
  rest_.remove_prefix(digits);
  return fraction;
}

std::optional<Duration> TimeScanner::take_offset() {
  const bool named = !strict_ && (take("UTC") || take("GMT"));
  if (named ? at_end() : take_any("Zz")) return Duration{0};
  const bool behind = take("-");
  if (!behind && !take("+")) return std::nullopt;
  const std::size_t digits = digits_ahead();
  const bool one_digit = named && digits == 1;  // UTC+8
  const bool four_digits = !strict_ && digits == 4;
  if (digits != 2 && !four_digits && !one_digit) return std::nullopt;
  const int h = take_digits(one_digit ? 1 : 2);
  std::optional<int> m = 0;
  if (four_digits || take(":")) {
    m = take_number(2, 2, 59);
  } else if (strict_) {
    return std::nullopt;
  }
  if (h > 23 || !m) return std::nullopt;
  const Duration offset = std::chrono::hours{h} + std::chrono::minutes{*m};
  return behind ? -offset : offset;
}

std::optional<Instant> start_of_day(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{date}};
}

bool is_in_range(Instant time) {
  constexpr Instant end{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};
  return time >= Instant{} && time < end;
}

}  // namespace iotcard
