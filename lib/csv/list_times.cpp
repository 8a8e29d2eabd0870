// SPDX-License-Identifier: Apache-2.0
#include "csv/list_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::string_view between_parts = " ,/.-";

struct Part {
  int number = 0;
  std::size_t digits = 0;  // 0: the name of a month
};

std::optional<int> month_number(std::string_view word) {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string begin = to_lower(word.substr(0, 3));
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (begin == months[i]) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

// Takes a number or a word off the front, with what separates it from the next.
std::optional<Part> take_part(std::string_view& text) {
  std::size_t end = 0;
  const bool number = !text.empty() && is_digit(text.front());
  while (end < text.size() && (number ? is_digit(text[end]) : is_letter(text[end]))) ++end;
  const std::string_view word = text.substr(0, end);
  if (end == 0 || (number && end > 4)) return std::nullopt;
  text.remove_prefix(end);
  text.remove_prefix(std::min(text.find_first_not_of(between_parts), text.size()));
  if (number) return Part{parse_integer<int>(word).value_or(0), end};
  const auto month = month_number(word);
  return month ? std::optional{Part{*month, 0}} : std::nullopt;
}

struct Date {
  int year, month, day;
};

std::optional<Date> as_date(const std::array<Part, 3>& parts, DateOrder order) {
  const auto& [a, b, c] = parts;
  if (a.digits == 4) return Date{a.number, b.number, c.number};
  if (c.digits != 2 && c.digits != 4) return std::nullopt;
  const int year = c.digits == 2 ? 2000 + c.number : c.number;
  if (a.digits == 0 && b.digits != 0) return Date{year, a.number, b.number};
  if (b.digits == 0 && a.digits != 0) return Date{year, b.number, a.number};
  if (a.digits > 2 || b.digits > 2 || order == DateOrder::unknown) return std::nullopt;
  if (order == DateOrder::day_first) return Date{year, b.number, a.number};
  return Date{year, a.number, b.number};
}

// "8:51:00 PM" as "20:51:00".
std::string with_24_hours(std::string_view time) {
  const std::size_t half = to_lower(time).find_first_of("ap");
  const std::size_t colon = time.find(':');
  const auto hour = parse_integer<int>(time.substr(0, std::min(colon, time.size())));
  const bool twelve = colon != time.npos && half != time.npos && half > colon &&
                      half + 1 < time.size() && to_lower(time[half + 1]) == 'm' && hour &&
                      *hour >= 1 && *hour <= 12;
  if (!twelve) return std::string{time};
  const int afternoon = to_lower(time[half]) == 'p' ? 12 : 0;
  return fmt::format("{:02}{}{}", *hour % 12 + afternoon, trim(time.substr(colon, half - colon)),
                     time.substr(half + 2));
}

}  // namespace

std::string plain_time(std::string_view text, DateOrder order) {
  std::string_view rest = text;
  std::array<Part, 3> parts{};
  for (Part& part : parts) {
    const auto taken = take_part(rest);
    if (!taken) return std::string{text};
    part = *taken;
  }
  const auto date = as_date(parts, order);
  const std::string clock = with_24_hours(rest);
  // A year that is first already needs nothing but another clock.
  if (!date || (parts[0].digits == 4 && clock == rest)) return std::string{text};
  return fmt::format("{:04}-{:02}-{:02}{}{}", date->year, date->month, date->day,
                     clock.empty() ? "" : " ", clock);
}

}  // namespace iotcard
