// SPDX-License-Identifier: Apache-2.0
#include "domain/json_scan.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace iotcard {
namespace {

bool is_delimiter(std::string_view text, std::size_t at) {
  return at == text.size() || is_white_space(text[at]) || text[at] == ',' || text[at] == '}' ||
         text[at] == ']';
}

bool has_word(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (to_lower(text[at + i]) != word[i]) return false;
  }
  return true;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// Of the escape \uXXXX at `at`; nullopt if there is none.
std::optional<unsigned> unicode_escape(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), unicode_escape_bytes);
  if (escape.size() != unicode_escape_bytes || !escape.starts_with("\\u")) return std::nullopt;
  return parse_integer<unsigned>(escape.substr(2), 16);
}

}  // namespace

std::size_t find_lone_surrogate(std::string_view text, std::size_t at) {
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const unsigned code = unicode_escape(text, at).value_or(0);
    if (code < 0xD800 || code > 0xDFFF) {
      at += 2;  // skip the escaped character
      continue;
    }
    const unsigned next = unicode_escape(text, at + unicode_escape_bytes).value_or(0);
    if (code > 0xDBFF || next < 0xDC00 || next > 0xDFFF) return at;
    at += 2 * unicode_escape_bytes;
  }
  return std::string_view::npos;
}

std::string escape_controls_in_strings(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const bool string = text[at] == '"';
    const std::size_t end = string ? end_of_string(text, at) : text.find('"', at);
    for (const char c : text.substr(at, end - at)) {
      if (string && c >= 0 && c < ' ') {
        escaped.append("\\u00").append(1, digits[c / 16]).append(1, digits[c % 16]);
      } else {
        escaped += c;
      }
    }
    at = std::min(end, text.size());
  }
  return escaped;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_white_space(text[at])) ++at;
  return at;
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

bool member_ends_at(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  if (at == text.size()) return false;
  if (text[at] == '}') return true;
  if (text[at] != ',') return false;
  at = skip_space(text, at + 1);
  if (at == text.size()) return false;
  if (text[at] == '}') return true;
  if (text[at] != '"') return false;
  const std::size_t key_end = end_of_string(text, at);
  if (key_end == std::string_view::npos) return false;
  const std::size_t colon = skip_space(text, key_end);
  return colon < text.size() && text[colon] == ':';
}

std::size_t non_finite_length(std::string_view text, std::size_t at) {
  // C prints nan, -nan, nan(ind) and inf; Microsoft's 1.#IND; JavaScript NaN and Infinity.
  constexpr std::array<std::string_view, 12> words = {
      "nan(ind)", "nan(snan)", "nan",     "infinity", "inf",    "1.#infinity",
      "1.#inf",   "1.#ind",    "1.#qnan", "1.#snan",  "1.#nan", "1.#j"};
  std::size_t word_at = at;
  if (word_at < text.size() && (text[word_at] == '-' || text[word_at] == '+')) ++word_at;
  for (const std::string_view word : words) {
    if (!has_word(text, word_at, word)) continue;
    std::size_t end = word_at + word.size();
    if (word.starts_with("1.#")) end = skip_digits(text, end);  // padded: 1.#INF00
    if (is_delimiter(text, end)) return end - at;
  }
  return 0;
}

std::size_t oversize_number_length(std::string_view text, std::size_t at) {
  constexpr std::size_t surely_fits = 300;  // digits; the largest double has 309
  std::size_t end = at;
  if (end < text.size() && text[end] == '-') ++end;
  const std::size_t integer = end;
  end = skip_digits(text, end);
  if (end == integer || (text[integer] == '0' && end != integer + 1)) return 0;
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = end + 1;
    end = skip_digits(text, fraction);
    if (end == fraction) return 0;
  }
  bool oversize = end - at > surely_fits;
  if (end < text.size() && to_lower(text[end]) == 'e') {
    ++end;
    if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
    const std::size_t exponent = end;
    end = skip_digits(text, exponent);
    if (end == exponent) return 0;
    oversize = true;
  }
  return oversize && is_delimiter(text, end) ? end - at : 0;
}

std::optional<std::size_t> value_behind_key(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  if (at == text.size() || text[at] != ':') return std::nullopt;
  at = skip_space(text, at + 1);
  return at == text.size() ? std::nullopt : std::optional{at};
}

}  // namespace iotcard
