// SPDX-License-Identifier: Apache-2.0
// Times as text: as RFC 3339 has them, and as people write them.
#include "base/time.h"

#include <array>
#include <optional>

#include "base/duration.h"
#include "base/text.h"
#include "base/time_spelling.h"

namespace iotcard {
namespace {

using namespace std::chrono;

// Takes the parts of a written time off the front of a text, strictly as RFC 3339 has them or as
// people write them.
class TimeScanner {
 public:
  enum class Spelling : std::uint8_t { rfc3339, any };

  explicit TimeScanner(std::string_view text, Spelling spelling)
      : rest_(text), strict_(spelling == Spelling::rfc3339) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t digits_ahead() const;

  bool take(std::string_view word);
  bool take_any(std::string_view characters);  // one of them
  bool take_blanks();                          // one at least
  int take_digits(std::size_t count);          // which are there
  // All the digits that are ahead, if they are as many and their value is at most `max`.
  std::optional<int> take_number(std::size_t min_digits, std::size_t max_digits, int max);
  // hh:mm:ss with or without a fraction; people also write h:mm and leave the seconds out. A leap
  // second, 60, is the second after it.
  std::optional<Duration> take_time_of_day();
  // What the clock on the wall is ahead of UTC: Z or +08:00; people also write UTC, GMT+8, +0800
  // and +08.
  std::optional<Duration> take_offset();

 private:
  std::optional<Duration> take_fraction();

  std::string_view rest_;
  bool strict_;
};

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

// Midnight in UTC; nullopt if the calendar has no such day.
std::optional<Instant> start_of_day(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{date}};
}

// The years 1970 to 9999.
bool is_in_range(Instant time) {
  constexpr Instant end{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};
  return time >= Instant{} && time < end;
}

void put_digits(char* at, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

constexpr const char* time_expectation =
    "expected a time such as 2026-11-23T20:51:00Z or 2026-11-23 20:51:00 +0800, or a date such as "
    "2026-11-23";
constexpr const char* age_expectation =
    "expected an age such as 1h, 7d or 1w, or a time such as 2026-11-23 or 2026-11-23T20:51:00Z";
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

std::variant<Instant, Problem> read_age_or_time(std::string_view text, Instant now, Duration zone) {
  if (const auto age = parse_duration(text)) {
    return *age < floor<milliseconds>(now.time_since_epoch()) ? now - *age : Instant{};
  }
  auto time = read_time_spelling(text, zone);
  if (std::holds_alternative<Instant>(time)) return time;
  return Problem{why_ambiguous(text).value_or(age_expectation)};
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
