// SPDX-License-Identifier: Apache-2.0
#include "csv/list_mapping.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "base/byte_size.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "csv/list_numbers.h"

namespace iotcard {
namespace {

struct NamedDelimiter {
  std::string_view name;
  char delimiter;
};
constexpr std::array delimiters{NamedDelimiter{"comma", ','}, NamedDelimiter{"semicolon", ';'},
                                NamedDelimiter{"tab", '\t'}, NamedDelimiter{"bar", '|'},
                                NamedDelimiter{"blanks", ' '}};

// The mapping's text for a word of the list, if the field has a table of them.
std::variant<std::string, Problem> translated(const MappedField& field, std::string cell) {
  const std::string word = fold_name(cell);
  const auto found =
      std::ranges::find(field.values, word, &std::pair<std::string, std::string>::first);
  if (found != field.values.end()) return found->second;
  if (field.otherwise) return *field.otherwise;
  return expected(
      fmt::format("a word of [values.{}] in the mapping; add it there, or say what "
                  "otherwise = \"…\"",
                  field.name()));
}

// A size with a unit of its own keeps that unit.
std::variant<std::string, Problem> mapped_bytes(const ListMapping& mapping,
                                                const MappedField& field, std::string_view cell) {
  auto number = plain_number(cell, mapping.decimal);
  if (field.unit == 0 || std::holds_alternative<Problem>(number)) return number;
  const auto bytes = amount_in_bytes(std::get<std::string>(number), field.unit);
  return bytes ? std::to_string(*bytes) : number;
}

}  // namespace

std::string_view MappedField::name() const {
  switch (kind) {
    case Kind::iccid:
      return "iccid";
    case Kind::product:
      return "product";
    case Kind::device:
      return "device";
    case Kind::field:
      break;
  }
  return field->name;
}

bool is_time_field(const CardField& field) {
  return field.name.ends_with("_at") || field.name.starts_with("period_");
}

bool is_byte_field(const CardField& field) {
  return field.name.ends_with("_bytes");
}

std::string fold_name(std::string_view name) {
  std::string folded;
  for (const char c : to_lower(trim(name))) {
    const bool between = c == ' ' || c == '-' || c == '_';
    if (!between) folded += c;
    if (between && !folded.ends_with('_')) folded += '_';
  }
  return folded;
}

bool matches_glob(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

std::variant<std::string, Problem> mapped_value(const ListMapping& mapping,
                                                const MappedField& field, std::string cell) {
  if (contains(mapping.empty, fold_name(cell))) cell.clear();
  if (cell.empty()) return cell;
  if (!field.values.empty() || field.otherwise) return translated(field, std::move(cell));
  if (field.kind != MappedField::Kind::field) return cell;
  if (is_byte_field(*field.field)) return mapped_bytes(mapping, field, cell);
  return is_time_field(*field.field) ? plain_time(cell, mapping.date_order) : cell;
}

std::string_view delimiter_name(char delimiter) {
  const auto found = std::ranges::find(delimiters, delimiter, &NamedDelimiter::delimiter);
  return found == delimiters.end() ? "another character" : found->name;
}

std::variant<char, Problem> read_delimiter(std::string_view text) {
  const auto found = std::ranges::find(delimiters, to_lower(text), &NamedDelimiter::name);
  if (found != delimiters.end()) return found->delimiter;
  const bool usable = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x7F &&
                      !is_letter(text[0]) && !is_digit(text[0]) && text[0] != '"' &&
                      text[0] != '\r' && text[0] != '\n' && text[0] != '=';
  if (usable) return text[0];
  return expected(R"(one of ",", ";", "|", "tab", "blanks", or another sign of ASCII)");
}

}  // namespace iotcard
