// SPDX-License-Identifier: Apache-2.0
#include "list_reading.h"

#include <fmt/format.h>

#include "base/text_sanitizer.h"
#include "domain/card_fields.h"
#include "output.h"

namespace iotcard {
namespace {

std::string delimiter_text(char delimiter) {
  const std::string_view name = delimiter_name(delimiter);
  return name == "another character" ? fmt::format("\"{}\"", delimiter) : std::string{name};
}

std::string card_text(const Card& card) {
  std::string text = fmt::format("iccid {}", card.iccid.text());
  const Card empty{card.iccid};
  for (const CardField& field : card_fields()) {
    const std::string value = field.get(card);
    if (value != field.get(empty)) text += fmt::format(", {} {}", field.name, value);
  }
  return text;
}

}  // namespace

void print_list_reading(const ListReading& list) {
  Facts facts;
  facts.add("encoding", list.doubt ? fmt::format("{}, or {}", encoding_names[list.encoding],
                                                 encoding_names[list.doubt->other])
                                   : std::string{encoding_names[list.encoding]});
  facts.add("delimiter", delimiter_text(list.delimiter));
  facts.add("header", list.header_line == 0 ? "none" : fmt::format("line {}", list.header_line));
  for (const auto& [column, field] : list.columns) {
    facts.add(field, fmt::format("from {}", column));
  }
  for (const auto& [field, value] : list.constants) {
    facts.add(field, fmt::format("always {}", value));
  }
  facts.add("not used", join(list.unused, ", "));
  facts.add("not in this list", join(list.missing, ", "));
  facts.add("passed over", passed_over_text(list));
  if (list.first) facts.add("first card", card_text(*list.first));
  facts.print();
}

std::string doubt_text(const ListReading& list) {
  if (!list.doubt) return "";
  const auto& [other, text, other_text] = *list.doubt;
  return fmt::format(
      "the list is read as {}, but it may be {} as well: its text is \"{}\" in the one and \"{}\" "
      "in the other. If the latter is right, say --encoding {}; if not, --encoding {}",
      encoding_names[list.encoding], encoding_names[other], printable(text), printable(other_text),
      encoding_names[other], encoding_names[list.encoding]);
}

std::string passed_over_text(const ListReading& list) {
  if (list.passed_over == 0) return "";
  const auto number = [](std::int64_t line) { return std::to_string(line); };
  const bool more = list.passed_over > std::ssize(list.passed_lines);
  return fmt::format("{} row{} passed over (line{} {}{})", list.passed_over,
                     list.passed_over == 1 ? "" : "s", list.passed_over == 1 ? "" : "s",
                     join(list.passed_lines, ", ", number), more ? " …" : "");
}

}  // namespace iotcard
