// SPDX-License-Identifier: Apache-2.0
#include "base/time_spelling.h"

#include <array>
#include <optional>

#include "base/text.h"
#include "base/time_scanner.h"

namespace iotcard {
namespace {

using namespace std::chrono;

constexpr const char* time_expectation =
    "expected a time such as 2026-11-23T20:51:00Z or 2026-11-23 20:51:00 +0800, or a date such as "
    "2026-11-23";
constexpr const char* zone_expectation = "expected UTC, or what it is ahead of UTC, such as +08:00";

constexpr auto any = TimeScanner::Spelling::any;

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

std::optional<Instant> start_of(const Date& date) {
  return start_of_day(date.year, date.month, date.day);
}

std::optional<Date> take_rest_of_date(TimeScanner& text, int year, std::string_view between,
                                      std::string_view second, std::string_view end) {
  if (!text.take(between)) return std::nullopt;
  const auto month = text.take_number(1, 2, 99);
  if (!month || !text.take(second)) return std::nullopt;
  const auto day = text.take_number(1, 2, 99);
  if (!day || !text.take(end)) return std::nullopt;
  return Date{year, *month, *day};
}

std::optional<Date> take_year_first(TimeScanner& text) {
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

std::optional<Date> take_day_first(TimeScanner& text) {
  const auto day = text.take_number(1, 2, 99);
  if (!day || !text.take(".")) return std::nullopt;
  const auto month = text.take_number(1, 2, 99);
  if (!month || !text.take(".") || text.digits_ahead() != 4) return std::nullopt;
  return Date{text.take_digits(4), *month, *day};
}

// The text has at least eight digits.
Date take_compact(TimeScanner& text) {
  const int year = text.take_digits(4);
  const int month = text.take_digits(2);
  return {year, month, text.take_digits(2)};
}

std::optional<Date> take_date(TimeScanner& text) {
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

// The number of digits says what they mean.
std::optional<Instant> read_number(std::string_view text, Duration zone) {
  const std::int64_t number = parse_integer(text).value_or(0);
  if (text.size() == 10) return Instant{seconds{number}};
  if (text.size() == 13) return Instant{milliseconds{number}};
  TimeScanner rest{text, any};
  const auto midnight = start_of(take_compact(rest));
  if (!midnight || text.size() == 8) return midnight ? std::optional{*midnight - zone} : midnight;
  const int h = rest.take_digits(2);
  const int m = rest.take_digits(2);
  const int s = rest.take_digits(2);
  if (h > 23 || m > 59 || s > 60) return std::nullopt;
  return *midnight + hours{h} + minutes{m} + seconds{s} - zone;
}

std::optional<Instant> read_text(std::string_view text, Duration zone) {
  TimeScanner rest{text, any};
  const auto date = take_date(rest);
  const auto midnight = date ? start_of(*date) : std::nullopt;
  if (!midnight) return std::nullopt;
  if (rest.at_end()) return *midnight - zone;
  if (!rest.take_any("Tt") && !rest.take_blanks()) return std::nullopt;
  const auto time_of_day = rest.take_time_of_day();
  if (!time_of_day) return std::nullopt;
  rest.take_blanks();
  const auto offset = rest.at_end() ? std::optional{zone} : rest.take_offset();
  if (!offset || !rest.at_end()) return std::nullopt;
  return *midnight + *time_of_day - *offset;
}

// How to write the date, if the order of its day and month is ambiguous.
std::optional<std::string> why_ambiguous(std::string_view text) {
  for (const std::string_view mark : {"/", "-"}) {
    TimeScanner rest{text, any};
    const auto first = rest.take_number(1, 2, 99);
    if (!first || !rest.take(mark)) continue;
    const auto second = rest.take_number(1, 2, 99);
    if (!second || !rest.take(mark)) continue;
    const std::size_t digits = rest.digits_ahead();
    if (digits != 2 && digits != 4) continue;
    const std::size_t length = text.size() - rest.rest().size() + digits;
    return "expected a date such as 2026-01-12 or 12.01.2026: of " +
           std::string{text.substr(0, length)} + " nobody can tell day from month";
  }
  return std::nullopt;
}

}  // namespace

std::variant<Instant, Problem> read_time_spelling(std::string_view text, Duration zone) {
  const bool number = !text.empty() && all_digits(text);
  const bool known =
      text.size() == 8 || text.size() == 10 || text.size() == 13 || text.size() == 14;
  std::optional<Instant> time;
  if (!number) time = read_text(text, zone);
  if (number && known) time = read_number(text, zone);
  if (time && is_in_range(*time)) return *time;
  return Problem{why_ambiguous(text).value_or(time_expectation)};
}

std::variant<Duration, Problem> read_zone(std::string_view text) {
  TimeScanner rest{text, any};
  const auto offset = rest.take_offset();
  if (offset && rest.at_end()) return *offset;
  const bool named = text.find('/') != text.npos;
  return Problem{
      std::string{zone_expectation} +
      (named ? "; what a place is ahead of UTC changes over the years and is not known here" : "")};
}

}  // namespace iotcard
