// SPDX-License-Identifier: Apache-2.0
// card_rows.h - Rows of table card with the open binding of each: the columns that queries select
// and their readers. One thread at a time. Throws StoreError for what this program never writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/rows.h"

namespace iotcard::sqlite {

inline constexpr std::string_view all_cards =
    " FROM card c LEFT JOIN binding b ON b.iccid = c.iccid AND b.until IS NULL ";

// What read_fitting_card() reads, of table card as c.
inline constexpr std::string_view fitting_card_columns =
    "c.iccid, c.platform, c.status, c.network, c.used_bytes, c.limit_bytes, c.remaining_bytes, "
    "c.usage_scope, c.expires_at, c.alert_percent, c.abnormal";
MatchedCard read_fitting_card(Query& query);  // without its binding

// SELECT of what read_known_card() reads.
std::string select_known_card(std::string_view where, std::string_view from = all_cards);
StoredCard read_known_card(Query& query);
std::vector<StoredCard> read_known_cards(Query& query);

// Behind every ICCID that begins with `prefix`: none has a character above F.
inline std::string end_of(std::string_view prefix) {
  return std::string{prefix} + 'G';
}

}  // namespace iotcard::sqlite
