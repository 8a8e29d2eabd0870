// SPDX-License-Identifier: Apache-2.0
#include "csv/list_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t group_digits = 3;

// Blanks and apostrophes that people put between thousands.
constexpr std::array<std::string_view, 5> grouping_blanks{" ", "\xC2\xA0", "\xE2\x80\xAF",
                                                          "\xE2\x80\x99", "'"};

// How long the sign between thousands is at the front of `text`: one before a digit.
std::size_t blank_length(std::string_view text) {
  for (const std::string_view blank : grouping_blanks) {
    const bool fits =
        text.starts_with(blank) && text.size() > blank.size() && is_digit(text[blank.size()]);
    if (fits) return blank.size();
  }
  return 0;
}

// Digits, commas, points and blanks between digits at the front of `text`, and what follows them.
// Each kind of blank is a ' '.
struct Split {
  std::string number;
  std::string_view rest;
};

Split split_number(std::string_view text) {
  Split split;
  while (!text.empty()) {
    const char c = text.front();
    const bool inside = is_digit(c) || c == ',' || c == '.';
    const std::size_t blank = split.number.empty() ? 0 : blank_length(text);
    if (!inside && blank == 0) break;
    split.number += inside ? c : ' ';
    text.remove_prefix(inside ? 1 : blank);
  }
  split.rest = text;
  return split;
}

// "1.234.567" with points between its thousands, and no other sign.
bool is_grouped(std::string_view number, char sign) {
  const std::size_t first = number.find(sign);
  if (first == 0 || first > group_digits) return false;
  for (std::size_t at = first; at < number.size(); at += group_digits + 1) {
    const std::string_view group = number.substr(at + 1, group_digits);
    if (number[at] != sign || group.size() < group_digits || !all_digits(group)) return false;
  }
  return true;
}

// What is before the fraction; nullopt: nobody can tell. NUL: there is no fraction.
std::optional<char> find_decimal(std::string_view number) {
  const auto commas = std::ranges::count(number, ',');
  const auto points = std::ranges::count(number, '.');
  if (commas > 0 && points > 0) return number[number.find_last_of(",.")];
  if (commas == 0) return points > 1 ? '\0' : '.';  // a single point is before a fraction
  if (commas > 1) return '\0';
  return number.size() - number.find(',') - 1 == group_digits ? std::nullopt : std::optional{','};
}

}  // namespace

std::variant<std::string, Problem> plain_number(std::string_view text,
                                                std::optional<char> decimal) {
  const bool negative = text.starts_with('-');
  const Split split = split_number(text.substr(negative ? 1 : 0));
  if (split.number.empty() || !is_digit(split.number.front())) return std::string{text};
  const auto sign = decimal ? decimal : find_decimal(split.number);
  if (!sign) {
    return expected(
        "decimal = \",\" or \".\" under [numbers] of the mapping: the comma may be before a "
        "fraction or between thousands");
  }
  const std::size_t end = std::min(split.number.find(*sign), split.number.size());
  std::string whole = split.number.substr(0, end);
  const std::string fraction = split.number.substr(std::min(end + 1, split.number.size()));
  bool fits = fraction.empty() || all_digits(fraction);
  for (const char between : {',', '.', ' '}) {
    if (whole.find(between) == std::string::npos) continue;
    fits = fits && is_grouped(whole, between);
    std::erase(whole, between);
  }
  if (!fits && decimal) {
    return expected(
        fmt::format("a number with \"{}\" before its fraction, as the mapping says", *decimal));
  }
  if (!fits) return std::string{text};
  return fmt::format("{}{}{}{}{}", negative ? "-" : "", whole, fraction.empty() ? "" : ".",
                     fraction, split.rest);
}

}  // namespace iotcard
