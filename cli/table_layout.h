// SPDX-License-Identifier: Apache-2.0
// table_layout.h - How wide the columns of a table are on a terminal. Empty columns are left out.
// Where the others do not fit, the widest that hold sentences are cut; then columns are dropped
// from the right. A number, a time or a name is never cut, and the first column, which names the
// row, is always there. Knows no terminal. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

struct MeasuredColumn {
  std::size_t width;
  bool is_empty = false;  // no row has a value
  bool may_be_cut = true;
};
struct TableLayout {
  std::vector<std::size_t> widths;     // 0: the column is left out
  std::size_t gap;                     // blanks between columns
  std::vector<std::size_t> dropped{};  // columns that are not empty and for which there is no room
};
// `available` 0: there is no limit.
TableLayout fit_table(const std::vector<MeasuredColumn>& columns, std::size_t available);

// How many columns of a terminal the text takes; wide characters take two.
std::size_t display_width(std::string_view text);
// The text, or as much of its beginning as fits with an ellipsis behind it.
std::string elide(std::string_view text, std::size_t width);
// The text in lines, broken at blanks where that is possible.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace iotcard
