// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/sqlite/card_rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

void SqliteStore::begin() {
  last_sequence_.reset();
  connection_.begin();
}

void SqliteStore::commit() {
  if (last_sequence_) write_meta("outbox_sequence", std::to_string(*last_sequence_));
  connection_.commit();
}

void SqliteStore::rollback() noexcept {
  connection_.rollback();
}

void SqliteStore::checkpoint_if_idle() {
  connection_.checkpoint_if_idle();
}

void SqliteStore::set_lock_timeout(std::chrono::milliseconds timeout) {
  connection_.set_lock_timeout(timeout);
}

// One query: most reports confirm a binding and need nothing else.
std::optional<BoundCard> SqliteStore::bound_card(const DeviceKey& device) {
  static const Sql sql{"SELECT " + std::string{binding_columns} + ", " +
                       std::string{matched_card_columns} +
                       " FROM binding b LEFT JOIN card c ON c.iccid = b.iccid "
                       "WHERE b.product = ? AND b.number = ? AND b.until IS NULL"};
  return connection_.first(
      [](Query& query) {
        BoundCard bound{read_binding(query), std::nullopt};
        if (query.null_ahead()) return bound;
        bound.card = read_matched_card(query);
        bound.card->binding = bound.binding;
        return bound;
      },
      sql, device.product, device.number);
}

std::vector<MatchedCard> SqliteStore::matched_cards(const Iccid& iccid) {
  static const MatchQueries queries{"SELECT " + std::string{matched_card_columns} + ", " +
                                    std::string{binding_columns} + std::string{all_cards}};
  return match_cards(connection_, queries, iccid, [](Query& query) {
    MatchedCard card = read_matched_card(query);
    card.binding = read_optional_binding(query);
    return card;
  });
}

std::vector<Iccid> SqliteStore::find_cards_between(const IccidRange& range, int limit) {
  static const Sql sql{
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?"};
  return connection_.all(read_iccid, sql, range.first, range.last,
                         static_cast<std::int64_t>(range.first.size()), limit);
}

std::optional<Instant> SqliteStore::first_bound(const DeviceKey& device, const Iccid& iccid) {
  static const Sql sql{
      "SELECT min(since) FROM (SELECT min(since) AS since FROM binding WHERE product = ?1 AND "
      "number = ?2 AND iccid = ?3 AND until IS NOT NULL UNION ALL SELECT since FROM binding WHERE "
      "product = ?1 AND number = ?2 AND iccid = ?3 AND until IS NULL)"};
  return connection_.first(read_optional_time, sql, device.product, device.number, iccid.text());
}

std::vector<Mismatch> SqliteStore::standing_mismatches(const DeviceKey& device) {
  static const Sql sql{
      select_mismatch("INDEXED BY mismatch_standing_device WHERE m.product = ? AND m.number = ? "
                      "AND m.ended IS NULL")};
  std::vector<Mismatch> mismatches =
      connection_.all(read_mismatch, sql, device.product, device.number);
  // At most two, and mostly none. In SQL, SQLite would prepare a sorter for each report.
  std::sort(mismatches.begin(), mismatches.end(),
            [](const Mismatch& a, const Mismatch& b) { return a.id < b.id; });
  return mismatches;
}

}  // namespace iotcard::sqlite
