// SPDX-License-Identifier: Apache-2.0
#include "csv/card_csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "csv/csv_cell.h"

namespace iotcard {
namespace {

// The name of a column, from any letter case and with blanks or hyphens for underscores.
std::string column_name(std::string_view field) {
  std::string name;
  for (const char c : to_lower(trim(field))) {
    const bool between = c == ' ' || c == '-' || c == '_';
    if (!between) name += c;
    if (between && !name.ends_with('_')) name += '_';
  }
  return name;
}

// Recognises files that are not CSV with commas.
Check check_format(std::string_view beginning) {
  constexpr std::string_view zip = "PK\x03\x04";
  constexpr std::string_view compound_file = "\xD0\xCF\x11\xE0";  // the older kind of workbook
  if (beginning.starts_with(zip) || beginning.starts_with(compound_file)) {
    return Problem{"this is an Excel workbook, not CSV; save it as CSV"};
  }
  if (beginning.starts_with("\xFF\xFE") || beginning.starts_with("\xFE\xFF")) {
    return Problem{"the file is in UTF-16; save it as CSV in UTF-8"};
  }
  beginning = trim(beginning);
  const std::string_view header = beginning.substr(0, beginning.find_first_of("\r\n"));
  if (header.find(',') != header.npos) return std::nullopt;
  if (header.find(';') != header.npos) {
    return Problem{"the columns are separated by \";\"; expected a comma"};
  }
  if (header.find('\t') != header.npos) {
    return Problem{"the columns are separated by tabs; expected a comma"};
  }
  return std::nullopt;
}

std::string known_columns() {
  std::string names = "iccid";
  for (const CardField& field : card_fields()) names.append(", ").append(field.name);
  return names + ", product, device";
}

bool all_empty(const std::vector<std::string>& fields) {
  return std::ranges::all_of(fields, [](const std::string& field) { return trim(field).empty(); });
}

// What an operator can do about a refused ICCID.
std::string_view advice(IccidProblem problem) {
  switch (problem) {
    case IccidProblem::precision_lost:
      return "a spreadsheet turned this ICCID into a number; format the column as text and export "
             "again";
    case IccidProblem::eid_not_iccid:
      return "32 digits are the EID of an eUICC; the ICCID has 18 to 22";
    case IccidProblem::bad_length:
      return "an ICCID has 18 to 22 characters";
    case IccidProblem::bad_character:
      return "an ICCID has digits and the letters A to F";
    case IccidProblem::not_an_iccid:
      return "an ICCID begins with 89";
    case IccidProblem::wrong_type:
    case IccidProblem::conflicting:
      break;  // not of a single text
  }
  return iccid_problem_names[problem];
}

// A spreadsheet keeps 15 digits of a number.
bool looks_cut(std::string_view iccid) {
  constexpr std::size_t kept = 15;
  return (iccid.size() == 19 || iccid.size() == 20) && all_digits(iccid) &&
         iccid.find_first_not_of('0', kept) == std::string_view::npos;
}

}  // namespace

CardCsv::CardCsv(std::istream& in, CardCsvOptions options) : rows_(in), options_(options) {
  header_problem_ = read_header();
}

Check CardCsv::read_header() {
  const auto header = rows_.next();
  if (!header) {
    return Problem{"the file is empty; its first line must name the columns, iccid at least"};
  }
  if (auto problem = check_format(rows_.beginning())) return problem;
  if (header->problem) return Problem{"the header cannot be read: " + header->problem->text};
  std::vector<std::string> seen;
  for (const std::string& field : header->fields) {
    const std::string name = column_name(field);
    if (contains(seen, name)) {
      return Problem{fmt::format("the column {} stands there twice", printable(name))};
    }
    if (auto problem = add_column(name)) return problem;
    seen.push_back(name);
  }
  const auto has = [&](const char* name) { return contains(seen, name); };
  if (!has("iccid")) return Problem{"there is no column iccid"};
  if (has("product") != has("device")) {
    return Problem{"of product and device there is only one column; a device is named by both"};
  }
  return std::nullopt;
}

Check CardCsv::add_column(const std::string& name) {
  using Kind = Column::Kind;
  if (name == "iccid") {
    iccid_column_ = columns_.size();
    columns_.push_back({Kind::iccid, nullptr});
  } else if (name == "product" || name == "device") {
    columns_.push_back({name == "product" ? Kind::product : Kind::device, nullptr});
  } else if (const CardField* field = find_card_field(name)) {
    columns_.push_back({Kind::field, field});
    if (field->owner == CardField::Owner::operators) fields_.push_back(field);
  } else {
    return Problem{
        fmt::format("unknown column \"{}\"; the columns, separated by commas, may be {}{}",
                    printable(name), known_columns(), encoding_hint(name))};
  }
  return std::nullopt;
}

std::optional<std::variant<CardRow, RowProblem>> CardCsv::next() {
  if (header_problem_) return std::nullopt;
  while (const auto row = rows_.next()) {
    if (row->problem) return RowProblem{row->line, row->problem->text};
    if (!all_empty(row->fields)) return read_row(*row);
  }
  return std::nullopt;
}

std::string_view CardCsv::encoding_hint(std::string_view value) {
  if (hinted_ || is_utf8(value) || !decode_gb18030(value)) return {};
  hinted_ = true;
  return "; is the file in another encoding? save it as UTF-8";
}

std::variant<CardRow, RowProblem> CardCsv::read_row(const CsvRow& row) {
  const auto problem = [&](std::string reason) { return RowProblem{row.line, std::move(reason)}; };
  if (row.fields.size() != columns_.size()) {
    return problem(fmt::format("{} fields, and the header names {} columns", row.fields.size(),
                               columns_.size()));
  }
  const std::string_view token = without_text_formula(trim(row.fields[iccid_column_]));
  const IccidReading reading = Iccid::read(token);
  if (reading.absent()) return problem("the iccid is missing");
  if (reading.problem) {
    return problem(fmt::format("iccid \"{}\": {}", printable(token), advice(*reading.problem)));
  }
  if (!options_.trust_zeros && looks_cut(reading.iccid->text())) {
    return problem(fmt::format(
        "iccid \"{}\": a spreadsheet cut this ICCID to 15 digits; format "
        "the column as text and export again, or have such zeros trusted (--trust-zeros, or "
        "trustZeros=true by HTTP)",
        printable(token)));
  }
  CardRow result{row.line, Card{*reading.iccid}, std::nullopt, {}};
  DeviceKey device;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string value = read_csv_cell(row.fields[i]);
    switch (columns_[i].kind) {
      case Column::Kind::iccid:
        break;
      case Column::Kind::product:
        device.product = value;
        break;
      case Column::Kind::device:
        device.number = value;
        break;
      case Column::Kind::field:
        if (const auto wrong = columns_[i].field->set(result.card, value, options_.zone)) {
          return problem(fmt::format("{} \"{}\": {}{}", columns_[i].field->name, printable(value),
                                     wrong->text, encoding_hint(value)));
        }
        if (!value.empty() && columns_[i].field->owner == CardField::Owner::operators) {
          result.given.push_back(columns_[i].field);
        }
    }
  }
  if (device == DeviceKey{}) return result;
  if (!is_topic_level(device.product) || !is_topic_level(device.number)) {
    return problem(
        fmt::format("product \"{}\", device \"{}\": expected both, each a name without "
                    "/, +, # and control characters{}",
                    printable(device.product), printable(device.number),
                    encoding_hint(device.product + device.number)));
  }
  result.device = std::move(device);
  return result;
}

std::string card_csv_header() {
  std::string row = "iccid";
  for (const CardField& field : card_fields()) append_csv_field(row, field.name);
  return row.append(",product,device\n");
}

std::string card_csv_row(const StoredCard& card) {
  std::string row{card.card.iccid.text()};
  for (const CardField& field : card_fields()) {
    const std::string value = field.get(card.card);
    append_csv_field(row, field.kind == CardField::Kind::text ? csv_cell(value) : value);
  }
  const DeviceKey device = card.binding ? card.binding->device : DeviceKey{};
  append_csv_field(row, csv_cell(device.product));
  append_csv_field(row, csv_cell(device.number));
  return row.append("\n");
}

}  // namespace iotcard
