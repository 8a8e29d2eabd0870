// SPDX-License-Identifier: Apache-2.0
// table.h - An aligned table on standard output, made to fit the terminal: see table_layout.h.
// Columns that no row has a value for are left out. Text is escaped. The main thread only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal.h"

namespace iotcard {

struct TableRow {
  std::vector<std::string> cells;
  Colour colour = Colour::none;
};

struct TableOptions {
  // What happens to cells that are wider than their column may be on a terminal.
  enum class TooWide : std::uint8_t { cut, wrap, keep };
  TooWide too_wide = TooWide::cut;
  bool header = true;
  bool keep_empty = false;  // columns that somebody asked for
};

// Column widths are those of the first thousand rows; a longer table keeps its empty columns.
class Table {
 public:
  using TooWide = TableOptions::TooWide;
  explicit Table(std::vector<std::string> header, TableOptions options = {});
  void add(TableRow row);
  // Prints what is left, or `none` if there was no row at all.
  void finish(std::string_view none);

 private:
  void flush(bool complete);
  void print(const TableRow& row) const;
  bool keeps(std::size_t column, const std::string& cell) const;

  std::vector<std::string> header_;
  TableOptions options_;
  std::vector<TableRow> rows_;
  std::vector<std::size_t> widths_;   // 0: the column is left out
  std::vector<std::string> dropped_;  // columns for which the terminal has no room
  std::size_t gap_ = 2;
  bool flushed_ = false;
};

}  // namespace iotcard
