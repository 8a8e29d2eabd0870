// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "table_layout.h"

namespace iotcard {
namespace {

constexpr std::size_t measured_rows = 1000;
constexpr std::size_t longest_word = 24;  // the longest ICCID has 22 characters

// A number, a time, a size, a name without blanks: useless if it is cut.
bool is_word(std::string_view cell) {
  if (!cell.empty() && (is_digit(cell.front()) || cell.front() == '-')) return true;
  return display_width(cell) <= longest_word && cell.find(' ') == std::string_view::npos;
}

}  // namespace

Table::Table(std::vector<std::string> header, TableOptions options)
    : header_(std::move(header)), options_(options) {}

void Table::finish(std::string_view none) {
  flush(true);
  if (!flushed_ && !none.empty()) fmt::print("{}\n", none);
  if (dropped_.empty()) return;
  std::fflush(stdout);
  hint(fmt::format("no room for {}; -o wide has them, --columns chooses", join(dropped_, ", ")));
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
    MeasuredColumn column{.width = options_.header ? display_width(header_[i]) : 1,
                          .is_empty = complete && i > 0 && !options_.keep_empty,
                          .may_be_cut = false};
    for (const TableRow& row : rows_) {
      const std::string& cell = row.cells[i];
      column.width = std::max(column.width, display_width(cell));
      column.is_empty = column.is_empty && cell.empty();
      column.may_be_cut = column.may_be_cut || !is_word(cell);
    }
    columns.push_back(column);
  }
  const bool any_width = options_.too_wide == TooWide::keep;
  const TableLayout layout = fit_table(columns, any_width ? 0 : terminal_width());
  widths_ = layout.widths;
  gap_ = layout.gap;
  for (const std::size_t i : layout.dropped) dropped_.push_back(header_[i]);
  if (options_.header) print({header_, Colour::grey});
  for (const TableRow& row : rows_) print(row);
  rows_.clear();
}

// Without a terminal nothing is cut, also of rows after those that were measured.
bool Table::keeps(std::size_t column, const std::string& cell) const {
  return terminal_width() == 0 || options_.too_wide == TooWide::keep ||
         display_width(cell) <= widths_[column];
}

void Table::print(const TableRow& row) const {
  std::vector<std::vector<std::string>> cells;  // each a line or more
  std::size_t lines = 1;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    cells.push_back(keeps(i, row.cells[i]) || widths_[i] == 0 ? std::vector{row.cells[i]}
                    : options_.too_wide == TooWide::wrap
                        ? wrap(row.cells[i], widths_[i])
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

}  // namespace iotcard
