// SPDX-License-Identifier: Apache-2.0
#include "table_layout.h"

#include <algorithm>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::size_t min_width = 10;  // of a column that is cut

// East Asian wide, the blocks that names are written in.
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || c >= 0x1F300;
}

// Of the longest beginning that is at most so wide.
std::size_t fitting_bytes(std::string_view text, std::size_t width) {
  std::size_t bytes = 0;
  std::size_t taken = 0;
  while (bytes < text.size()) {
    const Character c = first_character(text.substr(bytes));
    taken += is_wide(c.value) ? 2 : 1;
    if (taken > width) break;
    bytes += c.bytes;
  }
  return bytes;
}

std::size_t total_width(const TableLayout& layout) {
  std::size_t total = 0;
  for (const std::size_t width : layout.widths) {
    if (width > 0) total += width + (total > 0 ? layout.gap : 0);
  }
  return total;
}

}  // namespace

TableLayout fit_table(const std::vector<MeasuredColumn>& columns, std::size_t available) {
  TableLayout layout{.widths = {}, .gap = 2};
  for (const MeasuredColumn& column : columns) {
    layout.widths.push_back(column.is_empty ? 0 : column.width);
  }
  const auto fits = [&] { return available == 0 || total_width(layout) <= available; };
  if (!fits()) layout.gap = 1;
  while (!fits()) {
    std::size_t widest = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) {
      const bool wider = widest == 0 || layout.widths[i] > layout.widths[widest];
      if (columns[i].may_be_cut && layout.widths[i] > min_width && wider) widest = i;
    }
    if (widest == 0) break;
    --layout.widths[widest];
  }
  for (std::size_t i = columns.size(); i-- > 1 && !fits();) {
    if (layout.widths[i] == 0) continue;
    layout.widths[i] = 0;
    layout.dropped.insert(layout.dropped.begin(), i);
  }
  // What was cut for the dropped columns gets its room back.
  const auto widen = [&](std::size_t i) {
    ++layout.widths[i];
    if (fits()) return true;
    --layout.widths[i];
    return false;
  };
  for (std::size_t i = 1; i < columns.size() && available > 0; ++i) {
    while (layout.widths[i] > 0 && layout.widths[i] < columns[i].width && widen(i)) continue;
  }
  return layout;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += is_wide(c.value) ? 2 : 1;
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string elide(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string{text};
  return std::string{text.substr(0, fitting_bytes(text, width - 1))} + "…";
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (display_width(text) > width) {
    const std::size_t end = fitting_bytes(text, width);
    const std::size_t blank = text.rfind(' ', end);
    const bool at_blank = blank != std::string_view::npos && blank > 0;
    lines.emplace_back(text.substr(0, at_blank ? blank : end));
    text.remove_prefix(at_blank ? blank + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace iotcard
