// SPDX-License-Identifier: Apache-2.0
// What the reports of a batch read, and what few of them ask besides.
#include <algorithm>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

// Keys in one query, so that its cursors are opened once for all of them.
constexpr std::size_t keys_a_query = 16;

// "WITH k (COLUMNS) AS (VALUES (?, …), …) " for so many keys.
std::string with_keys(std::string_view columns, std::string_view values) {
  std::string sql = "WITH k (" + std::string{columns} + ") AS (VALUES ";
  for (std::size_t i = 0; i < keys_a_query; ++i) {
    if (i > 0) sql += ", ";
    sql += values;
  }
  return sql + ") ";
}

// Calls `read` for each row about these keys; the parameters behind the last key are NULL, which no
// row has.
template <typename Key, typename Bind, typename Read>
void read_by_keys(Connection& connection, const Sql& sql, const std::vector<Key>& keys,
                  const Bind& bind, const Read& read) {
  for (std::size_t first = 0; first < keys.size(); first += keys_a_query) {
    Query query = connection.query(sql);
    query.keep();
    for (std::size_t i = first; i < first + keys_a_query; ++i) {
      bind(query, i < keys.size() ? &keys[i] : nullptr);
    }
    while (query.next()) read(query);
  }
}

std::vector<Mismatch> read_contesting(Connection& connection, const DeviceKey& holder) {
  static const Sql sql{
      select_mismatch("WHERE m.holder = ? AND m.ended IS NULL AND m.suspect = 'moved' "
                      "ORDER BY m.id",
                      "INDEXED BY mismatch_contested ")};
  return connection.all(read_mismatch, sql, holder.text());
}

// Devices with their open binding and its card: most reports confirm a binding and need nothing
// else. `cards` gets the cards.
std::vector<KnownDevice> read_devices(Connection& connection, const std::vector<DeviceKey>& keys,
                                      std::vector<MatchedCard>& cards) {
  static const Sql sql{
      with_keys("product, number", "(?, ?)") +
      "SELECT d.product, d.number, d.id, d.last_seen, d.heard_live, d.contested, d.silent_since, "
      "d.imei, EXISTS (SELECT 1 FROM mismatch m INDEXED BY mismatch_standing_device "
      "WHERE m.device = d.id AND m.ended IS NULL), " +
      std::string{own_binding_columns} + ", " + std::string{matched_card_columns} +
      " FROM k CROSS JOIN device d ON d.product = k.product AND d.number = k.number "
      "LEFT JOIN card c ON c.id = d.card"};
  std::vector<KnownDevice> known;
  known.reserve(keys.size());
  for (const DeviceKey& key : keys) known.push_back({key});
  auto device = known.begin();  // rows come in the order of the keys
  read_by_keys(
      connection, sql, keys,
      [](Query& query, const DeviceKey* key) {
        if (key != nullptr) {
          query.bind(key->product, key->number);
        } else {
          query.bind(std::nullopt, std::nullopt);
        }
      },
      [&](Query& query) {
        const std::string_view product = query.view();
        const std::string_view number = query.view();
        while (device->device.product != product || device->device.number != number) ++device;
        device->id = query.integer();
        device->last_seen = query.optional_time();
        device->heard_live = query.integer() != 0;
        device->contested = query.integer() != 0;
        if (device->contested) device->contested_by = read_contesting(connection, device->device);
        device->silent_since = query.optional_time();
        device->imei = query.text();
        const bool stands = query.integer() != 0;
        if (stands) device->standing = read_standing(connection, device->device);
        device->binding = read_own_binding(query, device->device);
        if (!device->binding) return;
        device->binding->imei = device->imei;
        if (query.null_ahead()) return;
        cards.push_back(read_matched_card(query));
        cards.back().binding = device->binding;
      });
  return known;
}

// The cards with exactly these ICCIDs.
void read_cards(Connection& connection, const std::vector<Iccid>& iccids,
                std::vector<MatchedCard>& cards) {
  static const Sql sql{with_keys("iccid", "(?)") + "SELECT " + std::string{matched_card_columns} +
                       ", " + std::string{open_binding_columns} +
                       " FROM k CROSS JOIN card c ON c.iccid = k.iccid "
                       "LEFT JOIN device d ON d.bound_iccid = c.iccid"};
  read_by_keys(
      connection, sql, iccids,
      [](Query& query, const Iccid* iccid) {
        query.bind(iccid != nullptr ? std::optional{iccid->text()} : std::nullopt);
      },
      [&](Query& query) { cards.push_back(read_matched_and_binding(query)); });
}

// The ICCIDs of the sorted list of which there is no such card.
std::vector<Iccid> without(const std::vector<Iccid>& sorted,
                           const std::vector<MatchedCard>& cards) {
  std::vector<bool> found(sorted.size());
  for (const MatchedCard& card : cards) {
    const auto same = std::ranges::lower_bound(sorted, card.card.iccid);
    if (same != sorted.end() && *same == card.card.iccid) {
      found[static_cast<std::size_t>(same - sorted.begin())] = true;
    }
  }
  std::vector<Iccid> rest;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (!found[i]) rest.push_back(sorted[i]);
  }
  return rest;
}

}  // namespace

Snapshot SqliteReportStore::read(const ReportKeys& keys) {
  static const Sql similar{"SELECT " + std::string{matched_card_columns} + ", " +
                           std::string{open_binding_columns} + std::string{all_cards} +
                           std::string{similar_cards}};
  Snapshot snapshot;
  snapshot.cards.reserve(keys.devices.size() + keys.iccids.size());
  snapshot.devices = read_devices(connection_, keys.devices, snapshot.cards);
  // Most devices report the card that they are bound to.
  std::vector<Iccid> unread = without(keys.iccids, snapshot.cards);
  read_cards(connection_, unread, snapshot.cards);
  unread = without(unread, snapshot.cards);
  for (const Iccid& iccid : unread) {
    for (MatchedCard& card : read_similar(connection_, similar, iccid, read_matched_and_binding)) {
      snapshot.cards.push_back(std::move(card));
    }
  }
  return snapshot;
}

std::vector<Iccid> SqliteReportStore::find_cards_between(const IccidRange& range, int limit) {
  return connection_.all(
      read_iccid,
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?",
      range.first, range.last, static_cast<std::int64_t>(range.first.size()), limit);
}

std::optional<Instant> SqliteReportStore::first_bound(const DeviceKey& device, const Iccid& iccid) {
  return connection_.first(
      read_optional_time,
      "SELECT min(since) FROM (SELECT min(b.since) AS since FROM device d JOIN binding b "
      "ON b.device = d.id WHERE d.product = ?1 AND d.number = ?2 AND b.iccid = ?3 "
      "UNION ALL SELECT since FROM device WHERE product = ?1 AND number = ?2 AND "
      "bound_iccid = ?3)",
      device.product, device.number, iccid.text());
}

Past SqliteReportStore::past(const DeviceKey& device, const std::optional<Iccid>& card) {
  const auto outcome =
      connection_.first(read_text, "SELECT outcome FROM device WHERE product = ? AND number = ?",
                        device.product, device.number);
  Past past{.outcome = outcome_named(outcome.value_or(""))};
  static const Sql of_device{select_past("b.device" + std::string{is_device})};
  past.of_device =
      connection_.first(read_past_binding, of_device, device.product, device.number, 1);
  if (!card) return past;
  static const Sql of_card{select_past("b.iccid = ?")};
  past.of_card = connection_.first(read_past_binding, of_card, card->text(), 1);
  return past;
}

}  // namespace iotcard::sqlite
