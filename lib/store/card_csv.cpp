// SPDX-License-Identifier: Apache-2.0
#include "store/card_csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/utf8.h"
#include "store/csv_cell.h"

namespace iotcard {
namespace {

constexpr std::size_t max_shown = 80;  // bytes of a value in a message

std::string shown(std::string_view value) {
  return replace_invalid_utf8(value.substr(0, max_shown * 3), max_shown);
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string known_columns() {
  std::string names = "iccid";
  for (const CardField& field : card_fields()) names.append(", ").append(field.name);
  return names + ", product, device";
}

bool all_empty(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(),
                     [](const std::string& field) { return trim(field).empty(); });
}

// What an operator can do about an ICCID that does not fit.
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
  return (iccid.size() == 19 || iccid.size() == 20) &&
         iccid.find_first_not_of("0123456789") == std::string_view::npos &&
         iccid.find_first_not_of('0', kept) == std::string_view::npos;
}

}  // namespace

CardCsv::CardCsv(std::istream& in, CardCsvOptions options) : rows_(in), options_(options) {
  header_problem_ = read_header();
}

std::string CardCsv::read_header() {
  const auto header = rows_.next();
  if (!header) return "the file is empty; its first line must name the columns, iccid at least";
  if (!header->problem.empty()) return "the header cannot be read: " + header->problem;
  const std::string& first = header->fields.front();
  if (first.starts_with("\xFF\xFE") || first.starts_with("\xFE\xFF")) {
    return "the file is in UTF-16; save it as CSV in UTF-8";
  }
  std::vector<std::string> seen;
  for (const std::string& field : header->fields) {
    const std::string name = lower(trim(field));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return fmt::format("the column {} stands there twice", shown(name));
    }
    if (std::string problem = add_column(name); !problem.empty()) return problem;
    seen.push_back(name);
  }
  const auto has = [&](const char* name) {
    return std::find(seen.begin(), seen.end(), name) != seen.end();
  };
  if (!has("iccid")) return "there is no column iccid";
  if (has("product") != has("device")) {
    return "of product and device there is only one column; a device is named by both";
  }
  names_devices_ = has("device");
  return {};
}

std::string CardCsv::add_column(const std::string& name) {
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
    return fmt::format("unknown column \"{}\"; the columns, separated by commas, may be {}",
                       shown(name), known_columns());
  }
  return {};
}

std::optional<std::variant<CardRow, RowProblem>> CardCsv::next() {
  if (!header_problem_.empty()) return std::nullopt;
  while (const auto row = rows_.next()) {
    if (!row->problem.empty()) return RowProblem{row->line, row->problem};
    if (!all_empty(row->fields)) return read_row(*row);
  }
  return std::nullopt;
}

std::variant<CardRow, RowProblem> CardCsv::read_row(const CsvRow& row) const {
  const auto problem = [&](std::string reason) { return RowProblem{row.line, std::move(reason)}; };
  if (row.fields.size() != columns_.size()) {
    return problem(fmt::format("{} fields, and the header names {} columns", row.fields.size(),
                               columns_.size()));
  }
  const std::string& token = row.fields[iccid_column_];
  const IccidReading reading = Iccid::read(token);
  if (reading.absent()) return problem("the iccid is missing");
  if (reading.problem) {
    return problem(fmt::format("iccid \"{}\": {}", shown(token), advice(*reading.problem)));
  }
  if (!options_.trust_zeros && looks_cut(reading.iccid->text())) {
    return problem(
        fmt::format("iccid \"{}\": a spreadsheet cut this ICCID to 15 digits; format "
                    "the column as text and export again, or have such zeros trusted",
                    shown(token)));
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
        if (const auto expected = columns_[i].field->set(result.card, value, options_.zone)) {
          return problem(fmt::format("{} \"{}\": expected {}", columns_[i].field->name,
                                     shown(value), *expected));
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
                    "/, +, # and control characters",
                    shown(device.product), shown(device.number)));
  }
  result.device = std::move(device);
  return result;
}

}  // namespace iotcard
