// SPDX-License-Identifier: Apache-2.0
// csv_export.h - Writes a list as text piece by piece. On the store's thread; throws what the list
// throws.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "operations/listing.h"

namespace iotcard {

inline constexpr std::size_t export_piece_bytes = 64 * 1024;
// Takes a piece; an empty one asks whether more is wanted. False: no more is wanted.
using WriteText = std::function<bool(std::string_view text)>;

// `text`: what comes before the rows. The export ends as soon as no more is wanted.
template <typename Row, typename RowText>
void export_rows(const RowList<Row>& list, std::string text, const RowText& row_text,
                 const WriteText& write) {
  constexpr int rows_at_once = 500;
  std::string cursor;
  do {
    const auto page = list.read(cursor, rows_at_once);
    for (const Row& row : page.rows) text += row_text(row);
    cursor = page.next_cursor;
    const bool is_piece = text.size() >= export_piece_bytes;
    if (!write(is_piece ? std::string_view{text} : std::string_view{})) return;
    if (is_piece) text.clear();
  } while (!cursor.empty());
  write(text);
}

}  // namespace iotcard
