// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <charconv>

namespace iotcard {
namespace {

using namespace std::chrono;

constexpr int first_year = 1970;
constexpr int last_year = 9999;

void put_digits(char* at, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// Takes what it recognises off the front of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly so many digits, up to `most`.
  bool take_number(std::size_t digits, int most, int& value) {
    if (rest_.size() < digits || rest_[0] == '-') return false;
    const char* const end = rest_.data() + digits;
    const auto [at, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc{} || at != end || value > most) return false;
    rest_.remove_prefix(digits);
    return true;
  }
  // At least one digit: the part of a second that they say.
  bool take_fraction(microseconds& fraction) {
    int scale = 100'000;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      fraction += microseconds{(rest_[digits] - '0') * scale};
      scale /= 10;
    }
    rest_.remove_prefix(digits);
    return digits > 0;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<sys_days> take_date(Scanner& text) {
  int y = 0;
  int m = 0;
  int d = 0;
  if (!text.take_number(4, last_year, y) || !text.take('-') || !text.take_number(2, 12, m) ||
      !text.take('-') || !text.take_number(2, 31, d)) {
    return std::nullopt;
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<Duration> take_time_of_day(Scanner& text) {
  int h = 0;
  int m = 0;
  int s = 0;  // 60: a leap second, read as the second after it
  if (!text.take_number(2, 23, h) || !text.take(':') || !text.take_number(2, 59, m) ||
      !text.take(':') || !text.take_number(2, 60, s)) {
    return std::nullopt;
  }
  microseconds fraction{0};
  if (text.take('.') && !text.take_fraction(fraction)) return std::nullopt;
  return hours{h} + minutes{m} + seconds{s} + fraction;
}

// What the clock on the wall is ahead of UTC.
std::optional<Duration> take_offset(Scanner& text) {
  if (text.take_any("Zz")) return Duration{0};
  const bool behind = text.take('-');
  if (!behind && !text.take('+')) return std::nullopt;
  int h = 0;
  int m = 0;
  if (!text.take_number(2, 23, h) || !text.take(':') || !text.take_number(2, 59, m)) {
    return std::nullopt;
  }
  const Duration offset = hours{h} + minutes{m};
  return behind ? -offset : offset;
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
  Scanner rest{text};
  const auto date = take_date(rest);
  if (!date) return std::nullopt;
  Instant time{*date};
  if (!rest.at_end()) {
    if (!rest.take_any("Tt ")) return std::nullopt;
    const auto time_of_day = take_time_of_day(rest);
    if (!time_of_day) return std::nullopt;
    const auto offset = take_offset(rest);
    if (!offset || !rest.at_end()) return std::nullopt;
    time += *time_of_day - *offset;
  }
  constexpr Instant begin{sys_days{year{first_year} / January / 1}};
  constexpr Instant end{sys_days{year{last_year + 1} / January / 1}};
  if (time < begin || time >= end) return std::nullopt;
  return time;
}

}  // namespace iotcard
