// SPDX-License-Identifier: Apache-2.0
// rows.h - The domain's values in columns: the column lists that queries select, the readers of
// such rows in the same order, and sets and enums by their names. One thread at a time. Throws
// StoreError for what this program never writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.h"
#include "store/report_store.h"
#include "store/sqlite/query.h"

namespace iotcard::sqlite {

// Of table binding as b.
inline constexpr std::string_view binding_columns =
    "b.id, b.product, b.number, b.iccid, b.match, b.since, b.last_seen, b.until, b.created_by, "
    "b.ended_by";
Binding read_binding(Query& query);
// Of an outer join: NULL in a row without a binding.
std::optional<Binding> read_optional_binding(Query& query);

// `rest` follows FROM mismatch m. INDEXED BY in it: a device or a card has few standing mismatches
// and perhaps a long history, which SQLite cannot know.
std::string select_mismatch(std::string_view rest);
Mismatch read_mismatch(Query& query);

// `rest` follows FROM rejected_report.
std::string select_rejected(std::string_view rest);
RejectedReport read_rejected(Query& query);

Iccid read_iccid(Query& query);
inline std::optional<Instant> read_optional_time(Query& query) {
  return query.optional_time();
}
inline std::string read_text(Query& query) {
  return query.text();
}

template <typename Table>
auto read_name(Query& query, const Table& table) {
  const std::string_view name = query.view();
  const auto value = table.find(name);
  if (!value) query.unreadable(name);
  return *value;
}

std::vector<std::string> split(std::string_view text, char separator);

template <typename Text>
std::string join(const std::vector<Text>& parts, char separator) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace iotcard::sqlite
