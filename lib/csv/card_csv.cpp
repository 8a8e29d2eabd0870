// SPDX-License-Identifier: Apache-2.0
#include "csv/card_csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "csv/csv_cell.h"
#include "csv/list_layout.h"

namespace iotcard {
namespace {

bool all_empty(std::span<const std::string> fields) {
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

// A spreadsheet keeps 15 digits of a number. What it makes of an ICCID has a wrong check digit nine
// times of ten; a right one is taken for the carrier's.
bool looks_cut(const Iccid& iccid) {
  constexpr std::size_t kept = 15;
  const std::string_view text = iccid.text();
  return (text.size() == 19 || text.size() == 20) && all_digits(text) &&
         text.find_first_not_of('0', kept) == std::string_view::npos && luhn(iccid) != Luhn::valid;
}

}  // namespace

CardCsv::CardCsv(std::istream& in, CardCsvOptions options)
    : options_(options),
      text_(in, {.encoding = options.encoding,
                 .usual = options.mapping != nullptr ? options.mapping->encoding : std::nullopt}) {
  if (options_.mapping != nullptr && options_.mapping->zone) {
    options_.zone = *options_.mapping->zone;
  }
  header_problem_ = read_header();
}

Check CardCsv::read_header() {
  if (text_.problem()) return text_.problem();
  reading_.encoding = text_.encoding();
  if (text_.guessed()) {
    evidence_ = text_.evidence();
    judge_encoding();
  }
  const auto layout = find_layout(text_.beginning(),
                                  {.mapping = options_.mapping, .delimiter = options_.delimiter});
  if (const auto* problem = std::get_if<Problem>(&layout)) {
    return check_beginning(text_.beginning()).value_or(*problem);
  }
  const CsvFormat& format = std::get<CsvFormat>(layout);
  reading_.delimiter = format.delimiter;
  rows_.emplace(text_.stream(), format);
  if (options_.mapping != nullptr && !options_.mapping->header) {
    auto columns = mapped_columns(*options_.mapping, {});
    return take_columns(std::move(std::get<ListColumns>(columns)));
  }
  const auto header = rows_->next();
  if (!header) {
    return Problem{"the file is empty; its first line must name the columns, iccid at least"};
  }
  if (header->problem) return Problem{"the header cannot be read: " + header->problem->text};
  reading_.header_line = header->line;
  if (!std::ranges::all_of(header->fields, is_utf8)) {
    if (auto problem = check_beginning(text_.beginning())) return problem;
  }
  const std::vector<std::string> names = header_names(header->fields);
  auto columns =
      options_.mapping != nullptr ? mapped_columns(*options_.mapping, names) : own_columns(names);
  if (const auto* problem = std::get_if<Problem>(&columns)) {
    return Problem{problem->text + encoding_hint(join(names, ""))};
  }
  return take_columns(std::move(std::get<ListColumns>(columns)));
}

// A name of a column that is not UTF-8 would find no column, or leave one out in silence.
Check CardCsv::check_beginning(std::string_view text) const {
  if (!text_.guessed() || reading_.encoding != Encoding::utf8) return std::nullopt;
  text = text.substr(0, text.find_last_of("\r\n"));  // what follows may be cut
  return is_utf8(text) ? std::nullopt : Check{not_utf8(text)};
}

Check CardCsv::take_columns(ListColumns columns) {
  columns_ = std::move(columns);
  for (const ColumnTarget& target : columns_.targets) {
    if (target.field != nullptr && target.field->owner == CardField::Owner::operators) {
      fields_.push_back(target.field);
    }
    if (target.rule != nullptr && target.rule->constant) {
      reading_.constants.emplace_back(target.rule->name(), *target.rule->constant);
    }
  }
  reading_.columns = columns_.used;
  reading_.unused = columns_.unused;
  reading_.missing = columns_.missing;
  return std::nullopt;
}

std::optional<std::variant<CardRow, RowProblem>> CardCsv::next() {
  if (header_problem_) return std::nullopt;
  while (const auto row = rows_->next()) {
    note_encoding(*row);
    if (row->problem) return RowProblem{row->line, row->problem->text};
    if (all_empty(row->fields)) continue;
    if (!is_passed_over(*row)) return read_row(*row);
    ++reading_.passed_over;
    if (reading_.passed_lines.size() < ListReading::max_lines) {
      reading_.passed_lines.push_back(row->line);
    }
  }
  return std::nullopt;
}

// Text may come late in a list, and what makes it certain later still.
void CardCsv::note_encoding(const CsvRow& row) {
  if (!text_.guessed() || reading_.encoding != Encoding::utf8 || evidence_.certain()) return;
  const bool doubtful = evidence_.doubtful();
  const Encoding likelier = evidence_.likelier();
  for (const std::string& field : row.fields) evidence_.add(field);
  if (evidence_.doubtful() != doubtful || evidence_.likelier() != likelier) judge_encoding();
}

// What the mapping says is taken at its word, unless the text speaks against it.
void CardCsv::judge_encoding() {
  const bool as_usual = options_.mapping != nullptr &&
                        options_.mapping->encoding == reading_.encoding &&
                        evidence_.likelier() == reading_.encoding;
  reading_.doubt = as_usual ? std::nullopt : evidence_.doubt(reading_.encoding);
}

bool CardCsv::is_passed_over(const CsvRow& row) const {
  if (options_.mapping == nullptr || options_.mapping->pass_over.empty()) return false;
  const auto first = std::ranges::find_if(
      row.fields, [](const std::string& field) { return !trim(field).empty(); });
  const std::string cell{trim(*first)};
  return std::ranges::any_of(options_.mapping->pass_over, [&](const std::string& pattern) {
    return matches_glob(pattern, cell);
  });
}

std::string CardCsv::encoding_hint(std::string_view value) {
  if (hinted_ || is_utf8(value)) return {};
  if (reading_.encoding != Encoding::utf8) {
    return fmt::format("; these bytes are not {}", encoding_names[reading_.encoding]);
  }
  hinted_ = true;
  return fmt::format(
      "; is the file in another encoding? save it as UTF-8, or name its encoding (--encoding): the "
      "value fits {}",
      encodings_that_fit(value));
}

std::variant<CardRow, RowProblem> CardCsv::read_row(const CsvRow& row) {
  const auto problem = [&](const Problem& found) { return RowProblem{row.line, found.text}; };
  if (const auto wrong = check_width(row)) return problem(*wrong);
  const auto iccid = read_iccid(row);
  if (const auto* wrong = std::get_if<Problem>(&iccid)) return problem(*wrong);
  CardRow result{row.line, Card{std::get<Iccid>(iccid)}, std::nullopt, {}};
  DeviceKey device;
  for (const ColumnTarget& target : columns_.targets) {
    if (const auto wrong = set_value(target, row, result, device)) return problem(*wrong);
  }
  if (!reading_.first) reading_.first = result.card;
  // A constant product names no device alone.
  if (device.number.empty() && (device.product.empty() || product_is_constant())) return result;
  if (const auto wrong = check_device(device)) return problem(*wrong);
  result.device = std::move(device);
  return result;
}

bool CardCsv::product_is_constant() const {
  return std::ranges::any_of(columns_.targets, [](const ColumnTarget& target) {
    return target.kind == MappedField::Kind::product && target.rule != nullptr &&
           target.rule->constant;
  });
}

// More cells than columns are harmless if they are empty: a comma at the end of each line.
Check CardCsv::check_width(const CsvRow& row) const {
  const bool named = reading_.header_line > 0;
  const std::size_t count = row.fields.size();
  const bool fits = count >= columns_.count &&
                    (!named || all_empty(std::span{row.fields}.subspan(columns_.count)));
  if (fits) return std::nullopt;
  return Problem{
      named ? fmt::format("{} fields, and the header names {} columns", count, columns_.count)
            : fmt::format("{} fields, and the mapping needs column {}", count, columns_.count)};
}

std::variant<Iccid, Problem> CardCsv::read_iccid(const CsvRow& row) const {
  const std::string_view token = without_text_formula(trim(row.fields[columns_.iccid]));
  const IccidReading reading = Iccid::read(token);
  if (reading.absent()) return Problem{"the iccid is missing"};
  if (reading.problem) {
    return Problem{fmt::format("iccid \"{}\": {}", printable(token), advice(*reading.problem))};
  }
  if (!options_.trust_zeros && looks_cut(*reading.iccid)) {
    return Problem{fmt::format(
        "iccid \"{}\": a spreadsheet cut this ICCID to 15 digits; format "
        "the column as text and export again, or have such zeros trusted (--trust-zeros, or "
        "trustZeros=true by HTTP)",
        printable(token))};
  }
  return *reading.iccid;
}

std::variant<std::string, Problem> CardCsv::value_of(const ColumnTarget& target,
                                                     const CsvRow& row) const {
  if (target.rule != nullptr && target.rule->constant) return *target.rule->constant;
  std::string cell = read_csv_cell(row.fields[target.column]);
  if (target.rule == nullptr) return cell;
  return mapped_value(*options_.mapping, *target.rule, std::move(cell));
}

Check CardCsv::set_value(const ColumnTarget& target, const CsvRow& row, CardRow& result,
                         DeviceKey& device) {
  if (target.kind == MappedField::Kind::iccid) return std::nullopt;
  auto reading = value_of(target, row);
  const auto refuse = [&](const Problem& wrong, std::string_view value) {
    const std::string_view name = target.rule != nullptr ? target.rule->name() : target.field->name;
    return Problem{
        fmt::format("{} \"{}\": {}{}", name, printable(value), wrong.text, encoding_hint(value))};
  };
  if (const auto* wrong = std::get_if<Problem>(&reading)) {
    return refuse(*wrong, read_csv_cell(row.fields[target.column]));
  }
  std::string& value = std::get<std::string>(reading);
  if (target.kind != MappedField::Kind::field) {
    (target.kind == MappedField::Kind::product ? device.product : device.number) = std::move(value);
    return std::nullopt;
  }
  if (const auto wrong = target.field->set(result.card, value, options_.zone)) {
    return refuse(*wrong, value);
  }
  if (!value.empty() && target.field->owner == CardField::Owner::operators) {
    result.given.push_back(target.field);
  }
  return std::nullopt;
}

Check CardCsv::check_device(const DeviceKey& device) {
  if (is_topic_level(device.product) && is_topic_level(device.number)) return std::nullopt;
  return Problem{
      fmt::format("product \"{}\", device \"{}\": expected both, each a name without "
                  "/, +, # and control characters{}",
                  printable(device.product), printable(device.number),
                  encoding_hint(device.product + device.number))};
}

}  // namespace iotcard
