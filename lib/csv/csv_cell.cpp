// SPDX-License-Identifier: Apache-2.0
#include "csv/csv_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::string_view escape_begin = "\\u{";
constexpr std::size_t max_digits = 6;

bool begins_formula(char32_t c) {
  constexpr std::u32string_view signs = U"=+-@\uFF1D\uFF0B\uFF0D\uFF20";  // and full-width
  return signs.find(c) != signs.npos;
}

bool must_be_escaped(char32_t c) {
  return c != '\n' && c != '\t' && is_control_or_bidi(c);
}

// Whether the text needs an apostrophe before it.
bool needs_apostrophe(std::string_view text) {
  while (text.starts_with('\'')) text.remove_prefix(1);
  if (text.empty()) return false;
  return is_white_space(text.front()) || is_white_space(text.back()) ||
         begins_formula(first_character(text).value);
}

// Digits, with what separates them in telephone numbers, dates and times.
bool is_number(std::string_view text) {
  return !text.empty() && is_digit(text.front()) &&
         text.find_first_not_of("0123456789 -/.:()") == text.npos;
}

// Whether the text begins with an apostrophe that reading would remove, other than those that
// csv_cell() adds anyway.
bool is_quoted_number(std::string_view text) {
  if (!text.starts_with('\'')) return false;
  return is_number(text.substr(std::min(text.find_first_not_of('\''), text.size())));
}

struct Escape {
  char32_t character;
  std::size_t bytes;
};

// The escape at the beginning of the text, if it is one that escaped() writes.
std::optional<Escape> read_escape(std::string_view text) {
  if (!text.starts_with(escape_begin)) return std::nullopt;
  const std::size_t end = text.substr(0, escape_begin.size() + max_digits + 1).find('}');
  if (end == text.npos) return std::nullopt;
  const auto value =
      parse_integer<std::uint32_t>(text.substr(escape_begin.size(), end - escape_begin.size()), 16);
  if (!value) return std::nullopt;
  if (!must_be_escaped(*value) && *value != '\\' && !begins_formula(*value)) return std::nullopt;
  return Escape{*value, end + 1};
}

// No escaped character is above U+FFFF.
void append_utf8(std::string& text, char32_t c) {
  const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

std::string escaped(std::string_view text) {
  std::string cell;
  char before = '\0';
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool may_begin_cell = before == ';' || before == '\t' || before == '\n';
    const bool escape = must_be_escaped(c.value) || (may_begin_cell && begins_formula(c.value)) ||
                        (c.value == '\\' && read_escape(text));
    if (escape) {
      cell += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c.value));
    } else {
      cell += text.substr(0, c.bytes);
    }
    before = text[0];
    text.remove_prefix(c.bytes);
  }
  return cell;
}

std::string unescaped(std::string_view cell) {
  std::string text;
  while (!cell.empty()) {
    if (const auto escape = read_escape(cell)) {
      append_utf8(text, escape->character);
      cell.remove_prefix(escape->bytes);
    } else {
      text += cell[0];
      cell.remove_prefix(1);
    }
  }
  return text;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string cell = escaped(text);
  if (needs_apostrophe(cell) || is_quoted_number(cell)) cell.insert(0, 1, '\'');
  return cell;
}

std::string read_csv_cell(std::string_view cell) {
  if (is_quoted_number(cell) || (cell.starts_with('\'') && needs_apostrophe(cell.substr(1)))) {
    return unescaped(cell.substr(1));
  }
  return unescaped(without_text_formula(trim(cell)));
}

std::string_view without_text_formula(std::string_view cell) {
  constexpr std::string_view begin = "=\"";
  if (!cell.starts_with(begin) || cell.find('"', begin.size()) != cell.size() - 1) return cell;
  return cell.substr(begin.size(), cell.size() - begin.size() - 1);
}

void append_csv_field(std::string& row, std::string_view field) {
  if (!row.empty()) row += ',';
  const bool quote =
      field.find_first_of(",;\"\r\n\t") != field.npos ||
      (!field.empty() && (is_white_space(field.front()) || is_white_space(field.back())));
  if (!quote) {
    row += field;
    return;
  }
  row += '"';
  for (const char c : field) {
    if (c == '"') row += '"';
    row += c;
  }
  row += '"';
}

}  // namespace iotcard
