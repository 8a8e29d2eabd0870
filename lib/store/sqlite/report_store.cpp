// SPDX-License-Identifier: Apache-2.0
// What a report reads and writes; and a replay, where it writes the reading of a report again.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/store_log.h"

namespace iotcard::sqlite {
namespace {

// Text without a value is "".
std::string_view or_empty(const std::optional<std::string>& text) {
  return text ? std::string_view{*text} : std::string_view{};
}

// The columns of the last report, but for its time, and their parameters: the first of a statement.
constexpr std::string_view reading_columns =
    "outcome, reported_iccid, platform, rssi, status, firmware_version, user_id, longitude, "
    "latitude, summary, leniencies, issues, imei";
constexpr std::string_view set_reading =
    "outcome = ?1, reported_iccid = ?2, platform = ?3, rssi = ?4, status = ?5, "
    "firmware_version = ?6, user_id = ?7, longitude = ?8, latitude = ?9, summary = ?10, "
    "leniencies = ?11, issues = ?12, imei = iif(?13 = '', imei, ?13)";

// Runs a statement whose parameters are those of the reading and then `values`.
template <typename Text, typename... Values>
std::int64_t run_with_reading(Connection& connection, const Text& sql, const LastReport& report,
                              const std::string& imei, const Values&... values) {
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  return connection.run(
      sql, outcome_name(report.outcome), iccid ? iccid->text() : std::string_view{},
      reading.platform, reading.rssi, reading.status, or_empty(reading.firmware_version),
      or_empty(reading.user_id), reading.longitude, reading.latitude, or_empty(reading.summary),
      names_in(reading.leniencies, leniency_names), join(reading.issues, "\n"), imei, values...);
}

// The rows of Changes, one by one.

// Of a statement that must change one row: the unit of work read it.
void expect_one(const Connection& connection, std::int64_t changed, const DeviceKey& device) {
  if (changed == 1) return;
  throw StoreError(StoreError::Kind::conflict,
                   fmt::format("cannot write to the card store {}: what it holds of device {} is "
                               "not as it was read. Try again",
                               connection.path(), device.text()));
}

void insert_reported(Connection& connection, const DeviceChange& change) {
  static const Sql sql{
      "INSERT INTO device (" + std::string{reading_columns} +
      ", product, number, reports, first_seen, last_seen, heard_live, last_topic, last_payload, "
      "card, bound_iccid, match, since, bound_by, confirmed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
      "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
      "(SELECT id FROM card WHERE iccid = ?22), ?22, ?23, ?24, ?25, ?26)"};
  const auto run = [&](const auto&... binding) {
    const SavedReport& saved = *change.report;
    const LastReport& last = *saved.last;  // the first report of a device is not late
    run_with_reading(connection, sql, last, saved.imei, change.device.product, change.device.number,
                     saved.reports, saved.first_at, last.at, int{saved.heard_live}, last.topic,
                     Blob{last.payload}, binding...);
  };
  constexpr auto none = std::nullopt;
  if (!change.bound) return run(none, none, none, none, none);
  const Binding& bound = *change.bound;
  run(bound.iccid.text(), match_names[bound.match], bound.since, bound.created_by, bound.last_seen);
}

// Of late reports the row keeps that they came.
std::int64_t update_counts(Connection& connection, const DeviceChange& change) {
  const SavedReport& saved = *change.report;
  return connection.run(
      "UPDATE device SET reports = reports + ?1, first_seen = min(coalesce(first_seen, ?2), ?2), "
      "confirmed_at = coalesce(?3, confirmed_at) WHERE id = ?4",
      saved.reports, saved.first_at, change.confirmed_at, change.id);
}

void update_reported(Connection& connection, const DeviceChange& change) {
  // An operator may have bound the device before it reported.
  static const Sql sql{"UPDATE device SET " + std::string{set_reading} +
                       ", reports = reports + ?14, first_seen = min(coalesce(first_seen, ?15), "
                       "?15), last_seen = ?16, heard_live = heard_live OR ?17, last_topic = ?18, "
                       "last_payload = ?19, confirmed_at = coalesce(?20, confirmed_at) "
                       "WHERE id = ?21"};
  const SavedReport& saved = *change.report;
  std::int64_t changed = 0;
  if (saved.last) {
    const LastReport& last = *saved.last;
    changed = run_with_reading(connection, sql, last, saved.imei, saved.reports, saved.first_at,
                               last.at, int{saved.heard_live}, last.topic, Blob{last.payload},
                               change.confirmed_at, change.id);
  } else {
    changed = update_counts(connection, change);
  }
  expect_one(connection, changed, change.device);
}

void write_bound(Connection& connection, const Binding& binding) {
  const std::int64_t changed = connection.run(
      "UPDATE device SET card = (SELECT id FROM card WHERE iccid = ?1), bound_iccid = ?1, "
      "match = ?2, since = ?3, bound_by = ?4, confirmed_at = ?5 WHERE product = ?6 AND number = ?7 "
      "AND bound_iccid IS NULL",
      binding.iccid.text(), match_names[binding.match], binding.since, binding.created_by,
      binding.last_seen, binding.device.product, binding.device.number);
  expect_one(connection, changed, binding.device);
}

void write_one(Connection& connection, const DeviceChange& change) {
  const bool is_new = change.id == 0;
  if (is_new && change.report) return insert_reported(connection, change);
  if (change.report) update_reported(connection, change);
  // A device may be bound before it reports.
  if (is_new) {
    connection.run("INSERT INTO device (product, number) VALUES (?, ?)", change.device.product,
                   change.device.number);
  }
  if (change.bound) write_bound(connection, *change.bound);
}

void write_free(Connection& connection, const Binding& binding) {
  const std::int64_t changed = connection.run(
      "UPDATE device SET card = NULL, bound_iccid = NULL, match = NULL, since = NULL, "
      "bound_by = NULL, confirmed_at = NULL WHERE product = ? AND number = ? AND bound_iccid = ?",
      binding.device.product, binding.device.number, binding.iccid.text());
  expect_one(connection, changed, binding.device);
}

void write_past(Connection& connection, const Binding& binding) {
  connection.run(
      "INSERT INTO binding (device, iccid, match, since, last_seen, until, created_by, ended_by) "
      "VALUES ((SELECT id FROM device WHERE product = ? AND number = ?), ?, ?, ?, ?, ?, ?, ?)",
      binding.device.product, binding.device.number, binding.iccid.text(),
      match_names[binding.match], binding.since, binding.last_seen, binding.until,
      binding.created_by, binding.ended_by);
}

// Of a standing mismatch.
std::string update_mismatch(std::string_view set) {
  std::string sql = "UPDATE mismatch SET ";
  sql.append(set).append(" WHERE device").append(is_device);
  return sql.append(" AND (outcome = 'mismatch.iccid_invalid') = ? AND ended IS NULL");
}

void write_settled(Connection& connection, const Mismatch& mismatch) {
  static const Sql sql{
      update_mismatch("last_seen = ?, count = ?, platform = ?, state = ?, ended = ?, "
                      "ended_by = ?, dismissed_at = ?, dismissed_by = ?")};
  const std::int64_t changed =
      connection.run(sql, mismatch.last_seen, mismatch.count, mismatch.platform,
                     mismatch_state_names[mismatch.state], mismatch.ended, mismatch.ended_by,
                     mismatch.dismissed, mismatch.dismissed_by, mismatch.device.product,
                     mismatch.device.number, int{mismatch.about_iccid()});
  expect_one(connection, changed, mismatch.device);
}

void write_repeated(Connection& connection, const Mismatch& mismatch) {
  static const Sql sql{update_mismatch("last_seen = ?, count = ?, platform = ?")};
  const std::int64_t changed =
      connection.run(sql, mismatch.last_seen, mismatch.count, mismatch.platform,
                     mismatch.device.product, mismatch.device.number, int{mismatch.about_iccid()});
  expect_one(connection, changed, mismatch.device);
}

void write_new(Connection& connection, const Mismatch& mismatch) {
  connection.run(
      "INSERT INTO mismatch (device, outcome, reported, platform, state, count, first_seen, "
      "last_seen, ended, ended_by, dismissed_at, dismissed_by) VALUES ((SELECT id FROM device "
      "WHERE product = ? AND number = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
      mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state], mismatch.count,
      mismatch.first_seen, mismatch.last_seen, mismatch.ended, mismatch.ended_by,
      mismatch.dismissed, mismatch.dismissed_by);
}

void write_one(Connection& connection, const SetAbnormal& set) {
  connection.run("UPDATE card SET abnormal = ?, judge_at = ? WHERE iccid = ?",
                 names_in(set.reasons, abnormal_names), set.judge_at, set.iccid.text());
}

void write_one(Connection& connection, const RejectedNow& rejected) {
  const auto& [report, rejection] = rejected;
  connection.run(
      "INSERT INTO rejected_report (topic, payload, size, reason, \"offset\", at) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      report.topic, Blob{report.payload}, std::int64_t{report.size},
      rejection_reason_names[rejection.reason], static_cast<std::int64_t>(rejection.offset),
      report.arrival);
}

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

// Devices with their open binding and its card: most reports confirm a binding and need nothing
// else. `cards` gets the cards.
std::vector<KnownDevice> read_devices(Connection& connection, const std::vector<DeviceKey>& keys,
                                      std::vector<MatchedCard>& cards) {
  static const Sql sql{
      with_keys("product, number", "(?, ?)") +
      "SELECT d.product, d.number, d.id, d.last_seen, d.heard_live, d.imei, EXISTS (SELECT 1 FROM "
      "mismatch m "
      "INDEXED BY mismatch_standing_device WHERE m.device = d.id AND m.ended IS NULL), " +
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

constexpr std::size_t events_a_statement = 16;

std::string insert_events(std::size_t rows) {
  std::string sql = "INSERT INTO outbox (key, topic, payload) VALUES (?, ?, ?)";
  for (std::size_t i = 1; i < rows; ++i) sql += ", (?, ?, ?)";
  return sql;
}

}  // namespace

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
  note_log_state(connection_);
}

void SqliteReportStore::set_lock_timeout(std::chrono::milliseconds timeout) {
  connection_.set_lock_timeout(timeout);
}

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

void SqliteReportStore::write(const std::string& client_id, const Changes& changes) {
  if (!connection_.in_transaction()) {
    Transaction transaction{*this};
    write(client_id, changes);
    return transaction.commit();
  }
  const auto write_each = [this](const auto& rows, const auto& write_row) {
    for (const auto& row : rows) write_row(connection_, row);
  };
  write_each(changes.ended_bindings, write_free);
  for (const DeviceChange& change : changes.devices) write_one(connection_, change);
  write_each(changes.ended_bindings, write_past);
  write_each(changes.past_bindings, write_past);
  write_each(changes.settled_mismatches, write_settled);
  write_each(changes.repeated_mismatches, write_repeated);
  for (const Mismatch& mismatch : changes.new_mismatches) write_new(connection_, mismatch);
  for (const SetAbnormal& card : changes.cards) write_one(connection_, card);
  for (const RejectedNow& rejected : changes.rejected) write_one(connection_, rejected);
  append_events(client_id, changes.events);
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

void SqliteReplayStore::revise_report(const DeviceKey& device, const LastReport& report) {
  static const Sql sql{"UPDATE device SET " + std::string{set_reading} +
                       " WHERE product = ?14 AND number = ?15 AND last_seen = ?16"};
  run_with_reading(connection_, sql, report, report.reading.imei, device.product, device.number,
                   report.at);
}

void SqliteReportStore::append_events(const std::string& client_id,
                                      const std::vector<OutboxEvent>& events) {
  if (events.empty()) return;
  static const Sql one{insert_events(1)};
  static const Sql many{insert_events(events_a_statement)};
  // The write lock is held: no other connection can take the next sequence.
  if (!last_sequence_) last_sequence_ = read_last_sequence();
  const std::int64_t client = make_client_number(connection_, client_id);
  for (std::size_t first = 0; first < events.size();) {
    const std::size_t rows = events.size() - first < events_a_statement ? 1 : events_a_statement;
    Query query = connection_.query(rows == 1 ? one : many);
    query.keep();
    for (const OutboxEvent& event : std::span{events}.subspan(first, rows)) {
      query.bind(outbox_key(client, ++*last_sequence_), event.topic, event.payload);
    }
    query.run();
    first += rows;
  }
}

// Without it a store would use sequences again.
std::int64_t SqliteReportStore::read_last_sequence() {
  const auto sequence = parse_integer(read_meta(connection_, "outbox_sequence").value_or(""));
  if (!sequence) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("the card store {} does not say which event was its last. Restore "
                                 "a backup",
                                 connection_.path()));
  }
  return *sequence;
}

}  // namespace iotcard::sqlite
