// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/report_store.h"

#include <algorithm>

#include "store/sqlite/card_rows.h"
#include "store/sqlite/meta.h"

namespace iotcard::sqlite {

void SqliteReportStore::begin() {
  last_sequence_.reset();
  connection_.begin();
}

void SqliteReportStore::commit() {
  if (last_sequence_) write_meta(connection_, "outbox_sequence", std::to_string(*last_sequence_));
  connection_.commit();
}

void SqliteReportStore::rollback() noexcept {
  connection_.rollback();
}

void SqliteReportStore::checkpoint_if_idle() {
  connection_.checkpoint_if_idle();
}

void SqliteReportStore::set_lock_timeout(std::chrono::milliseconds timeout) {
  connection_.set_lock_timeout(timeout);
}

// One query: most reports confirm a binding and need nothing else.
std::optional<BoundCard> SqliteReportStore::bound_card(const DeviceKey& device) {
  static const Sql sql{"SELECT " + std::string{binding_columns} + ", " +
                       std::string{matched_card_columns} +
                       " FROM binding b LEFT JOIN card c ON c.iccid = b.iccid "
                       "WHERE b.product = ? AND b.number = ? AND b.until IS NULL"};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  BoundCard bound{read_binding(query), std::nullopt};
  if (query.null_ahead()) return bound;
  bound.card = read_matched_card(query);
  bound.card->binding = bound.binding;
  return bound;
}

std::vector<MatchedCard> SqliteReportStore::matched_cards(const Iccid& iccid) {
  static const MatchQueries queries{"SELECT " + std::string{matched_card_columns} + ", " +
                                    std::string{binding_columns} + std::string{all_cards}};
  return match_cards(connection_, queries, iccid, [](Query& query) {
    MatchedCard card = read_matched_card(query);
    card.binding = read_optional_binding(query);
    return card;
  });
}

std::vector<Iccid> SqliteReportStore::find_cards_between(const IccidRange& range, int limit) {
  static const Sql sql{
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?"};
  Query query = connection_.query(sql);
  query.bind(range.first, range.last, static_cast<std::int64_t>(range.first.size()), limit);
  std::vector<Iccid> cards;
  while (query.next()) cards.push_back(read_iccid(query));
  return cards;
}

std::optional<Instant> SqliteReportStore::first_bound(const DeviceKey& device, const Iccid& iccid) {
  static const Sql sql{
      "SELECT min(since) FROM (SELECT min(since) AS since FROM binding WHERE product = ?1 AND "
      "number = ?2 AND iccid = ?3 AND until IS NOT NULL UNION ALL SELECT since FROM binding WHERE "
      "product = ?1 AND number = ?2 AND iccid = ?3 AND until IS NULL)"};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number, iccid.text());
  return query.next() ? query.optional_time() : std::nullopt;
}

std::vector<Mismatch> SqliteReportStore::standing_mismatches(const DeviceKey& device) {
  static const Sql sql{
      select_mismatch("INDEXED BY mismatch_standing_device WHERE m.product = ? AND m.number = ? "
                      "AND m.ended IS NULL")};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  std::vector<Mismatch> mismatches = read_mismatches(query);
  // At most two, and mostly none. In SQL, SQLite would prepare a sorter for each report.
  std::sort(mismatches.begin(), mismatches.end(),
            [](const Mismatch& a, const Mismatch& b) { return a.id < b.id; });
  return mismatches;
}

}  // namespace iotcard::sqlite
