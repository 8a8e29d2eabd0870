// SPDX-License-Identifier: Apache-2.0
// The first byte is a set of options ('0': none), the rest a CSV file. Checked: the rows end and
// their lines grow; each card is canonical, and its fields survive being written and read again,
// one by one and as a row of CSV; no row holds more than the reader's own bounds.
#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "csv/card_csv.h"
#include "csv/csv_cell.h"
#include "csv/csv_rows.h"
#include "csv/list_mapping.h"
#include "domain/card_fields.h"
#include "fuzz.h"

using namespace iotcard;

namespace {

constexpr std::uint8_t trust_zeros_bit = 1;
constexpr std::uint8_t mapping_bit = 4;
constexpr std::uint8_t repeat_bit = 2;  // the last line again and again, past the bounds of a field

// RFC 4180: everything in quotes.
std::string in_quotes(std::string_view text) {
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + '"';
}

std::string as_csv(const CardRow& row) {
  std::string header = "iccid";
  std::string line = in_quotes(row.card.iccid.text());
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::daemon) continue;
    header.append(",").append(field.name);
    line.append(",").append(in_quotes(csv_cell(field.get(row.card))));
  }
  header += ",product,device";
  const DeviceKey device = row.device.value_or(DeviceKey{});
  line += ',' + in_quotes(csv_cell(device.product)) + ',' + in_quotes(csv_cell(device.number));
  return header + "\r\n" + line + "\r\n";
}

void check_written_again(const CardRow& row, CardCsvOptions options) {
  std::istringstream in{as_csv(row)};
  CardCsv csv{in, options};
  require(!csv.header_problem());
  const auto again = csv.next();
  require(again.has_value() && std::holds_alternative<CardRow>(*again));
  require(std::get<CardRow>(*again).card == row.card);
  require(std::get<CardRow>(*again).device == row.device);
  require(std::get<CardRow>(*again).line == 2);
  require(!csv.next());
}

void check_fields(const Card& card) {
  Card again{card.iccid};
  for (const CardField& field : card_fields()) {
    const std::string text = field.get(card);
    require(is_utf8(text));
    require(!field.set(again, text));
    require(field.get(again) == text);
  }
  require(again == card);
}

void check_row(const CardRow& row, CardCsvOptions options) {
  require(Iccid::from_canonical(row.card.iccid.text()) == row.card.iccid);
  if (row.device) {
    require(is_topic_level(row.device->product) && is_topic_level(row.device->number));
  }
  check_fields(row.card);
  check_written_again(row, options);
}

std::int64_t count_line_ends(std::string_view file) {
  return std::count_if(file.begin(), file.end(), [](char c) { return c == '\n' || c == '\r'; });
}

void check_cards(const std::string& file, CardCsvOptions options) {
  std::istringstream in{file};
  CardCsv csv{in, options};
  const std::int64_t most_lines = count_line_ends(file) + 1;
  std::int64_t line = csv.header_problem() ? 0 : 1;
  constexpr int most_checked = 4;  // in full, for speed
  int checked = 0;
  while (const auto row = csv.next()) {
    require(!csv.header_problem());
    if (const auto* problem = std::get_if<RowProblem>(&*row)) {
      require(problem->line > line && is_utf8(problem->reason) && !problem->reason.empty());
      line = problem->line;
    } else {
      const CardRow& card = std::get<CardRow>(*row);
      require(card.line > line);
      line = card.line;
      if (++checked <= most_checked) check_row(card, {.trust_zeros = options.trust_zeros});
    }
    require(line <= most_lines);
    require(csv.bytes_read() <= static_cast<std::int64_t>(file.size()));
  }
  require(!csv.next());
  if (!csv.header_problem()) {
    require(csv.bytes_read() == static_cast<std::int64_t>(file.size()));
  }
}

void check_rows(const std::string& file) {
  std::istringstream in{file};
  CsvRows rows{in};
  std::int64_t line = 0;
  while (const auto row = rows.next()) {
    require(row->line > line);
    line = row->line;
    require(row->problem.has_value() != !row->fields.empty());
    std::size_t bytes = 0;
    for (const std::string& field : row->fields) {
      require(field.size() <= CsvRows::max_field_bytes);
      bytes += field.size() + 1;
    }
    require(bytes <= CsvRows::max_row_bytes);
  }
}

const ListMapping& a_mapping() {
  static const auto mapping = std::get<ListMapping>(read_list_mapping(R"(
[file]
encoding = "gb18030"
header_has = "ICCID"
[rows]
pass_over = ["total*"]
empty = ["-"]
[columns]
iccid = ["ICCID", "card"]
imsi = 2
status = "state"
raw_status = "state"
used_bytes = "used"
expires_at = "end"
device = "meter"
[constants]
product = "meter"
[values.status]
on = "active"
otherwise = "unknown"
[units]
used_bytes = "MiB"
[times]
zone = "+08:00"
order = "day-first"
)",
                                                                      "fuzz.toml"));
  return mapping;
}

void repeat_last_line(std::string& file) {
  constexpr std::size_t least_bytes = 8;  // for shorter ones take too long
  constexpr std::size_t most_bytes = 256;
  const std::string line = file.substr(file.find_last_of("\r\n") + 1);
  if (line.size() < least_bytes || line.size() > most_bytes) return;
  for (std::size_t size = 0; size < CsvRows::max_field_bytes + 1024; size += line.size()) {
    file += line;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script{as_text(data, size)};
  const std::uint8_t choices = script.byte();
  std::string file{script.rest()};
  if ((choices & repeat_bit) != 0) repeat_last_line(file);
  check_rows(file);
  check_cards(file, {.trust_zeros = (choices & trust_zeros_bit) != 0,
                     .mapping = (choices & mapping_bit) != 0 ? &a_mapping() : nullptr});
  return 0;
}
