// SPDX-License-Identifier: Apache-2.0
#include "base/time_spelling.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/digit.h"

namespace iotcard {
namespace {

using namespace std::chrono;

constexpr const char* time_expectation =
    "a time such as 2026-11-23T20:51:00Z or 2026-11-23 20:51:00 +0800, or a date such as "
    "2026-11-23";
constexpr const char* zone_expectation = "UTC, or what it is ahead of UTC, such as +08:00";

// Takes what it recognises off the front of the text.
class SpellingScanner {
 public:
  explicit SpellingScanner(std::string_view text) : rest_(text) {}

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_blanks() {
    const std::size_t before = rest_.size();
    while (take(" ")) continue;
    return rest_.size() < before;
  }
  std::size_t digits_ahead() const {
    return static_cast<std::size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_digit) -
                                    rest_.begin());
  }
  // So many digits.
  int take_digits(std::size_t count) {
    int value = 0;
    std::from_chars(rest_.data(), rest_.data() + count, value);
    rest_.remove_prefix(count);
    return value;
  }
  // All the digits that stand here, if they are one or two.
  std::optional<int> take_short() {
    const std::size_t digits = digits_ahead();
    if (digits < 1 || digits > 2) return std::nullopt;
    return take_digits(digits);
  }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

std::optional<Instant> start_of(const Date& date) {
  const year_month_day ymd{year{date.year}, month{static_cast<unsigned>(date.month)},
                           day{static_cast<unsigned>(date.day)}};
  if (date.year < 1970 || !ymd.ok()) return std::nullopt;
  return Instant{sys_days{ymd}};
}

bool is_in_range(Instant time) {
  constexpr Instant end{sys_days{year{10000} / January / 1}};
  return time >= Instant{} && time < end;
}

std::optional<Date> take_rest_of_date(SpellingScanner& text, int year, std::string_view between,
                                      std::string_view second, std::string_view end) {
  if (!text.take(between)) return std::nullopt;
  const auto month = text.take_short();
  if (!month || !text.take(second)) return std::nullopt;
  const auto day = text.take_short();
  if (!day || !text.take(end)) return std::nullopt;
  return Date{year, *month, *day};
}

std::optional<Date> take_year_first(SpellingScanner& text) {
  const int year = text.take_digits(4);
  struct Marks {
    std::string_view first, second, end;
  };
  constexpr std::array<Marks, 4> all = {
      {{"-", "-", ""}, {"/", "/", ""}, {".", ".", ""}, {"年", "月", "日"}}};
  for (const Marks& marks : all) {
    if (text.rest().starts_with(marks.first)) {
      return take_rest_of_date(text, year, marks.first, marks.second, marks.end);
    }
  }
  return std::nullopt;
}

std::optional<Date> take_day_first(SpellingScanner& text) {
  const auto day = text.take_short();
  if (!day || !text.take(".")) return std::nullopt;
  const auto month = text.take_short();
  if (!month || !text.take(".") || text.digits_ahead() != 4) return std::nullopt;
  return Date{text.take_digits(4), *month, *day};
}

// Eight digits at least.
Date take_compact(SpellingScanner& text) {
  const int year = text.take_digits(4);
  const int month = text.take_digits(2);
  return {year, month, text.take_digits(2)};
}

std::optional<Date> take_date(SpellingScanner& text) {
  switch (text.digits_ahead()) {
    case 8:
      return take_compact(text);
    case 4:
      return take_year_first(text);
    case 1:
    case 2:
      return take_day_first(text);
    default:
      return std::nullopt;
  }
}

std::optional<microseconds> take_fraction(SpellingScanner& text) {
  const std::size_t digits = text.digits_ahead();
  if (digits == 0) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < 6; ++i) value = value * 10 + (i < digits ? text.take_digits(1) : 0);
  while (text.digits_ahead() > 0) text.take_digits(1);
  return microseconds{value};
}

std::optional<Duration> take_time_of_day(SpellingScanner& text) {
  const auto h = text.take_short();
  if (!h || *h > 23 || !text.take(":") || text.digits_ahead() != 2) return std::nullopt;
  const int m = text.take_digits(2);
  if (m > 59) return std::nullopt;
  Duration time = hours{*h} + minutes{m};
  if (!text.take(":")) return time;
  if (text.digits_ahead() != 2) return std::nullopt;
  const int s = text.take_digits(2);  // 60: a leap second, read as the second after it
  if (s > 60) return std::nullopt;
  time += seconds{s};
  if (!text.take(".")) return time;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

std::optional<Duration> take_offset(SpellingScanner& text) {
  const bool named = text.take("UTC") || text.take("GMT");
  if (!named && (text.take("Z") || text.take("z"))) return Duration{0};
  if (named && text.at_end()) return Duration{0};
  const bool behind = text.take("-");
  if (!behind && !text.take("+")) return std::nullopt;
  const std::size_t digits = text.digits_ahead();
  const bool one_digit = named && digits == 1;  // UTC+8, which nobody writes without the name
  if (digits != 2 && digits != 4 && !one_digit) return std::nullopt;
  const int h = text.take_digits(one_digit ? 1 : 2);
  int m = 0;
  if (digits == 4) {
    m = text.take_digits(2);
  } else if (text.take(":")) {
    if (text.digits_ahead() != 2) return std::nullopt;
    m = text.take_digits(2);
  }
  if (h > 23 || m > 59) return std::nullopt;
  const Duration offset = hours{h} + minutes{m};
  return behind ? -offset : offset;
}

// Of digits and nothing else: how many they are says what they mean.
std::optional<Instant> read_number(std::string_view text, Duration zone) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() == 10) return Instant{seconds{number}};
  if (text.size() == 13) return Instant{milliseconds{number}};
  SpellingScanner rest{text};
  const auto midnight = start_of(take_compact(rest));
  if (!midnight || text.size() == 8) return midnight ? std::optional{*midnight - zone} : midnight;
  const int h = rest.take_digits(2);
  const int m = rest.take_digits(2);
  const int s = rest.take_digits(2);
  if (h > 23 || m > 59 || s > 60) return std::nullopt;
  return *midnight + hours{h} + minutes{m} + seconds{s} - zone;
}

std::optional<Instant> read_text(std::string_view text, Duration zone) {
  SpellingScanner rest{text};
  const auto date = take_date(rest);
  const auto midnight = date ? start_of(*date) : std::nullopt;
  if (!midnight) return std::nullopt;
  if (rest.at_end()) return *midnight - zone;
  if (!rest.take("T") && !rest.take("t") && !rest.take_blanks()) return std::nullopt;
  const auto time_of_day = take_time_of_day(rest);
  if (!time_of_day) return std::nullopt;
  rest.take_blanks();
  const auto offset = rest.at_end() ? std::optional{zone} : take_offset(rest);
  if (!offset || !rest.at_end()) return std::nullopt;
  return *midnight + *time_of_day - *offset;
}

// What to write instead, if the text begins with day and month in an order that cannot be told.
std::optional<std::string> why_ambiguous(std::string_view text) {
  for (const std::string_view mark : {"/", "-"}) {
    SpellingScanner rest{text};
    const auto first = rest.take_short();
    if (!first || !rest.take(mark)) continue;
    const auto second = rest.take_short();
    if (!second || !rest.take(mark)) continue;
    const std::size_t digits = rest.digits_ahead();
    if (digits != 2 && digits != 4) continue;
    const std::size_t length = text.size() - rest.rest().size() + digits;
    return "a date such as 2026-01-12 or 12.01.2026: of " + std::string{text.substr(0, length)} +
           " nobody can tell day from month";
  }
  return std::nullopt;
}

}  // namespace

std::variant<Instant, std::string> read_time_spelling(std::string_view text, Duration zone) {
  const bool number = !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  const bool known =
      text.size() == 8 || text.size() == 10 || text.size() == 13 || text.size() == 14;
  std::optional<Instant> time;
  if (!number) time = read_text(text, zone);
  if (number && known) time = read_number(text, zone);
  if (time && is_in_range(*time)) return *time;
  return why_ambiguous(text).value_or(time_expectation);
}

std::variant<Duration, std::string> read_zone(std::string_view text) {
  SpellingScanner rest{text};
  const auto offset = take_offset(rest);
  if (offset && rest.at_end()) return *offset;
  const bool named = text.find('/') != text.npos;
  return std::string{zone_expectation} +
         (named ? "; what a place is ahead of UTC changes over the years and is not known here"
                : "");
}

}  // namespace iotcard
