// SPDX-License-Identifier: Apache-2.0
// card_rows.h - Rows of table card with the open binding of each: the columns that queries select
// and their readers. One thread at a time. Throws StoreError for what this program never writes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"

namespace iotcard::sqlite {

inline constexpr std::string_view all_cards =
    " FROM card c LEFT JOIN binding b ON b.iccid = c.iccid AND b.until IS NULL ";

// What read_matched_card() reads, of table card as c.
inline constexpr std::string_view matched_card_columns =
    "c.iccid, c.platform, c.status, c.network, c.used_bytes, c.limit_bytes, c.remaining_bytes, "
    "c.usage_scope, c.expires_at, c.alert_percent, c.abnormal";
MatchedCard read_matched_card(Query& query);  // without its binding

// SELECT of what read_stored_card() reads.
std::string select_stored_card(std::string_view where, std::string_view from = all_cards);
StoredCard read_stored_card(Query& query);

// Greater than every ICCID that begins with `prefix`: no character of one is above F.
inline std::string end_of(std::string_view prefix) {
  return std::string{prefix} + 'G';
}

// The queries of a look-up by an ICCID in either of its spellings; `select` ends with its FROM,
// in which table card is c.
struct MatchQueries {
  explicit MatchQueries(const std::string& select);
  Sql exact;
  Sql similar;
};
// The card with exactly this ICCID alone; if there is none, those of the other length that match.
template <typename Read>
auto match_cards(Connection& connection, const MatchQueries& queries, const Iccid& iccid,
                 const Read& read) {
  std::vector<decltype(read(std::declval<Query&>()))> cards;
  if (auto exact = connection.first(read, queries.exact, iccid.text())) {
    cards.push_back(*std::move(exact));
    return cards;
  }
  const std::size_t other_length = 39 - iccid.text().size();
  if (other_length != 19 && other_length != 20) return cards;
  const std::string_view common = iccid.text().substr(0, 19);
  cards = connection.all(read, queries.similar, common, end_of(common),
                         static_cast<std::int64_t>(other_length));
  for (auto& card : cards) card.match = *match(iccid, card.card.iccid);
  return cards;
}

}  // namespace iotcard::sqlite
