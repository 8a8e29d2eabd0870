// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/byte_size.h"
#include "domain/card_fields.h"
#include "table_layout.h"

namespace iotcard {
namespace {

constexpr std::size_t measured_rows = 1000;

}  // namespace

Table::Table(std::vector<std::string> header, TooWide too_wide)
    : header_(std::move(header)), too_wide_(too_wide) {}

void Table::finish(std::string_view none) {
  flush(true);
  if (!flushed_) fmt::print("{}\n", none);
}

void Table::add(TableRow row) {
  for (std::string& cell : row.cells) cell = escape_controls(cell);
  if (flushed_) return print(row);
  rows_.push_back(std::move(row));
  if (rows_.size() == measured_rows) flush(false);
}

void Table::flush(bool complete) {
  if (flushed_ || rows_.empty()) return;
  flushed_ = true;
  std::vector<MeasuredColumn> columns;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    MeasuredColumn column{.width = display_width(header_[i]), .may_be_dropped = complete && i > 0};
    for (const TableRow& row : rows_) {
      column.width = std::max(column.width, display_width(row.cells[i]));
      column.may_be_dropped = column.may_be_dropped && row.cells[i].empty();
    }
    columns.push_back(column);
  }
  const TableLayout layout = fit_table(columns, terminal_width());
  widths_ = layout.widths;
  gap_ = layout.gap;
  print({header_, Colour::grey});
  for (const TableRow& row : rows_) print(row);
  rows_.clear();
}

void Table::print(const TableRow& row) const {
  std::vector<std::vector<std::string>> cells;  // each a line or more
  std::size_t lines = 1;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    // Without a terminal nothing is cut, also of rows after those that were measured.
    const bool fits = terminal_width() == 0 || display_width(row.cells[i]) <= widths_[i];
    cells.push_back(fits                         ? std::vector{row.cells[i]}
                    : too_wide_ == TooWide::wrap ? wrap(row.cells[i], widths_[i])
                                                 : std::vector{elide(row.cells[i], widths_[i])});
    lines = std::max(lines, cells.back().size());
  }
  for (std::size_t at = 0; at < lines; ++at) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (widths_[i] == 0) continue;
      const std::string cell = at < cells[i].size() ? cells[i][at] : "";
      const std::size_t width = display_width(cell);
      line.append(cell).append(widths_[i] > width ? widths_[i] - width : 0, ' ').append(gap_, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", coloured(line, row.colour));
  }
}

void Facts::add(std::string_view name, std::string_view value, Colour colour) {
  if (!value.empty()) facts_.push_back({std::string{name}, escape_controls(value), colour});
}

void Facts::print() const {
  std::size_t width = 0;
  for (const Fact& fact : facts_) width = std::max(width, fact.name.size());
  for (const Fact& fact : facts_) {
    fmt::print("{:<{}}  {}\n", fact.name, width, coloured(fact.value, fact.colour));
  }
}

void print_json(const WriteJson& write) {
  JsonText json;
  write(json);
  fmt::print("{}\n", json.view());
}

int print_result(bool json, const WriteJson& write, const std::function<void()>& print) {
  json ? print_json(write) : print();
  return 0;
}

void JsonArray::add(const WriteJson& write) {
  JsonText json;
  write(json);
  fmt::print("{}\n{}", begun_ ? "," : "[", json.view());
  begun_ = true;
}

void JsonArray::finish() {
  fmt::print("{}]\n", begun_ ? "\n" : "[");
}

void ListPrinter::add(const WriteJson& write, const std::function<TableRow()>& row) {
  if (++rows_ > limit_ && limit_ != 0) return;
  json_ ? array_.add(write) : table_.add(row());
}

int ListPrinter::finish() {
  json_ ? array_.finish() : table_.finish(none_);
  if (limit_ != 0 && rows_ > limit_) {
    std::fflush(stdout);  // in this order where both go to one place
    complain(fmt::format("the first {} {} shown; --limit 0 shows all", limit_,
                         limit_ == 1 ? "is" : "are"));
  }
  return 0;
}

void say_released(const Binding& binding) {
  say(fmt::format("released: card {} from device {}", binding.iccid.text(), binding.device.text()));
}

std::string printable(Instant time) {
  std::string text = to_rfc3339(time).substr(0, 19);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string printable(const std::optional<Instant>& time) {
  return time ? printable(*time) : std::string{};
}

std::string printable(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string{};
}

std::string printable_value(std::string_view field, const std::string& value) {
  const CardField* known = find_card_field(field);
  const bool number = known != nullptr && known->kind == CardField::Kind::integer;
  if (value.empty()) return "nothing";
  return number ? value : '"' + value + '"';
}

std::string printable_bytes(const std::optional<std::int64_t>& bytes) {
  return bytes ? fmt::format("{} ({})", *bytes, printable_byte_size(*bytes)) : std::string{};
}

}  // namespace iotcard
