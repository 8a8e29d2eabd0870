// SPDX-License-Identifier: Apache-2.0
#include "domain/token_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace iotcard {
namespace {

// Blanks that are not ASCII: no-break, en to hair and narrow no-break, zero-width, ideographic, and
// the byte order mark.
constexpr std::array<std::string_view, 10> wide_blanks = {"\u00A0", "\u2002", "\u2003", "\u2007",
                                                          "\u2009", "\u200A", "\u200B", "\u202F",
                                                          "\u3000", "\uFEFF"};
// Hyphens, and the dashes that an editor makes of them.
constexpr std::array<std::string_view, 8> wide_hyphens = {"\u00AD", "\u2010", "\u2011", "\u2012",
                                                          "\u2013", "\u2014", "\u2212", "\uFF0D"};

// The size of the blank or control character at this end of the text; 0: there is none.
template <typename Meets>
std::size_t blank_size(char edge, Meets meets) {
  if (edge == ' ' || is_control(edge)) return 1;
  const auto* blank = std::ranges::find_if(wide_blanks, meets);
  return blank == wide_blanks.end() ? 0 : blank->size();
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  const auto begins = [&](std::string_view blank) { return text.starts_with(blank); };
  const auto ends = [&](std::string_view blank) { return text.ends_with(blank); };
  std::size_t size = 0;
  while (!text.empty() && (size = blank_size(text.front(), begins)) > 0) text.remove_prefix(size);
  while (!text.empty() && (size = blank_size(text.back(), ends)) > 0) text.remove_suffix(size);
  return text;
}

std::string_view trim_quotes(std::string_view text) {
  text = trim_blanks(text);
  while (!text.empty() && is_quote(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_quote(text.back())) text.remove_suffix(1);
  return trim_blanks(text);
}

std::string without_separators(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = 1;
    const char c = text.front();
    const bool inside = !result.empty() && text.size() > 1;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || (c == '-' && inside)) {
      // dropped
    } else if (static_cast<unsigned char>(c) < 0x80) {
      result += c;
    } else {
      const auto begins = [&](std::string_view other) { return text.starts_with(other); };
      const auto* blank = std::ranges::find_if(wide_blanks, begins);
      const auto* hyphen = std::ranges::find_if(wide_hyphens, begins);
      const bool full_width = text.size() >= 3 && text.starts_with("\xEF\xBC") &&
                              static_cast<unsigned char>(text[2]) >= 0x90 &&
                              static_cast<unsigned char>(text[2]) <= 0xA6;  // U+FF10 to U+FF26
      if (blank != wide_blanks.end()) {
        length = blank->size();
      } else if (hyphen != wide_hyphens.end()) {
        length = hyphen->size();
      } else if (full_width) {
        length = 3;
        result += static_cast<char>(static_cast<unsigned char>(text[2]) - 0x90 + '0');
      } else {
        result += c;
      }
    }
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace iotcard
