// SPDX-License-Identifier: Apache-2.0
// text.h - Characters and pieces of text, whatever the locale: letters are those of ASCII, numbers
// are written in digits. Not Unicode: see utf8.h. Pure; any thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

constexpr bool is_white_space(char c) {
  return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}
constexpr bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}
// Whether a list has the value, or an element whose member has it.
template <typename List, typename Value, typename Member = std::identity>
bool contains(const List& list, const Value& value, Member member = {}) {
  return std::ranges::find(list, value, member) != list.end();
}
// Also of an empty text.
constexpr bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, is_digit);
}

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

// Without white space at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}
// The parts between separators: one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator);

// The parts with the separator between them.
template <typename Parts, typename TextOf = std::identity>
std::string join(const Parts& parts, std::string_view separator, TextOf text_of = {}) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += std::invoke(text_of, part);
  }
  return text;
}

// A number if the whole text is one, without a plus and without blanks.
template <typename Integer = std::int64_t>
std::optional<Integer> parse_integer(std::string_view text, int base = 10) {
  Integer value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace iotcard
