// SPDX-License-Identifier: Apache-2.0
// What reports write; and a replay, where it writes the reading of a report again.
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
    "latitude, summary, leniencies, issues";
constexpr std::string_view set_reading =
    "outcome = ?1, reported_iccid = ?2, platform = ?3, rssi = ?4, status = ?5, "
    "firmware_version = ?6, user_id = ?7, longitude = ?8, latitude = ?9, summary = ?10, "
    "leniencies = ?11, issues = ?12";

// Runs a statement whose parameters are those of the reading and then `values`.
template <typename Text, typename... Values>
std::int64_t run_with_reading(Connection& connection, const Text& sql, const LastReport& report,
                              const Values&... values) {
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  return connection.run(
      sql, outcome_name(report.outcome), iccid ? iccid->text() : std::string_view{},
      reading.platform, reading.rssi, reading.status, or_empty(reading.firmware_version),
      or_empty(reading.user_id), reading.longitude, reading.latitude, or_empty(reading.summary),
      names_in(reading.leniencies, leniency_names), join(reading.issues, "\n"), values...);
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
      ", product, number, reports, first_seen, last_seen, heard_live, imei, last_topic, "
      "last_payload, card, bound_iccid, match, since, bound_by, confirmed_at, seen_day, seen_from) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
      "?19, ?20, ?21, (SELECT id FROM card WHERE iccid = ?22), ?22, ?23, ?24, ?25, ?26, "
      "?17 / 86400000, ?17)"};
  const auto run = [&](const auto&... binding) {
    const SavedReport& saved = *change.report;
    const LastReport& last = *saved.last;  // the first report of a device is not late
    run_with_reading(connection, sql, last, change.device.product, change.device.number,
                     saved.reports, std::min(saved.first_at, saved.late_at.value_or(last.at)),
                     last.at, int{saved.heard_live}, saved.imei, last.topic, Blob{last.payload},
                     binding...);
  };
  constexpr auto none = std::nullopt;
  if (!change.bound) return run(none, none, none, none, none);
  const Binding& bound = *change.bound;
  run(bound.iccid.text(), match_names[bound.match], bound.since, bound.created_by, bound.last_seen);
}

// What few reports change.
void update_rest(Connection& connection, const DeviceChange& change) {
  const SavedReport& saved = *change.report;
  connection.run(
      "UPDATE device SET first_seen = min(first_seen, coalesce(?1, first_seen)), "
      "heard_live = heard_live OR ?2, imei = iif(?3 = '', imei, ?3) WHERE id = ?4",
      saved.late_at, int{saved.heard_live}, saved.imei, change.id);
}

// Of late reports the row keeps that they came.
std::int64_t update_counts(Connection& connection, const DeviceChange& change) {
  return connection.run(
      "UPDATE device SET reports = reports + ?, confirmed_at = coalesce(?, confirmed_at) "
      "WHERE id = ?",
      change.report->reports, change.confirmed_at, change.id);
}

std::string update_row(std::string_view more) {
  // An operator may have bound the device before it reported.
  std::string sql = "UPDATE device SET " + std::string{set_reading} +
                    ", reports = reports + ?13, first_seen = coalesce(first_seen, ?14), "
                    "last_seen = ?15, last_topic = ?16, last_payload = ?17, "
                    "confirmed_at = coalesce(?18, confirmed_at)";
  return sql.append(more).append(" WHERE id = ?19");
}

void update_reported(Connection& connection, const DeviceChange& change) {
  // SQLite writes the index of each column that a statement names, changed or not.
  static const Sql same_day{update_row("")};
  static const Sql new_day{update_row(", seen_day = ?15 / 86400000")};
  const SavedReport& saved = *change.report;
  std::int64_t changed = 0;
  if (saved.last) {
    const LastReport& last = *saved.last;
    changed = run_with_reading(connection, saved.new_day ? new_day : same_day, last, saved.reports,
                               saved.first_at, last.at, last.topic, Blob{last.payload},
                               change.confirmed_at, change.id);
  } else {
    changed = update_counts(connection, change);
  }
  expect_one(connection, changed, change.device);
  if (saved.late_at || saved.heard_live || !saved.imei.empty()) update_rest(connection, change);
  if (saved.ends_silence) {
    connection.run("UPDATE device SET silent_since = NULL WHERE id = ?", change.id);
  }
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

std::string text_of(const std::optional<DeviceKey>& device) {
  return device ? device->text() : "";
}
std::string_view text_of(const std::optional<Iccid>& iccid) {
  return iccid ? iccid->text() : std::string_view{};
}
std::string_view name_of(const std::optional<Suspect>& suspect) {
  return suspect ? suspect_names[*suspect] : std::string_view{};
}

void write_settled(Connection& connection, const Mismatch& mismatch) {
  static const Sql sql{
      update_mismatch("last_seen = ?, count = ?, platform = ?, state = ?, ended = ?, "
                      "ended_by = ?, dismissed_at = ?, dismissed_by = ?, reason = ?, suspect = ?, "
                      "bound_iccid = ?, holder = ?, card_platform = ?")};
  const Against& against = mismatch.against;
  const std::string holder = text_of(against.holder);
  const std::int64_t changed = connection.run(
      sql, mismatch.last_seen, mismatch.count, mismatch.platform,
      mismatch_state_names[mismatch.state], mismatch.ended, mismatch.ended_by, mismatch.dismissed,
      mismatch.dismissed_by, mismatch.reason, name_of(against.suspect), text_of(against.bound),
      holder, against.card_platform, mismatch.device.product, mismatch.device.number,
      int{mismatch.about_iccid()});
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
  const Against& against = mismatch.against;
  const std::string holder = text_of(against.holder);
  connection.run(
      "INSERT INTO mismatch (product, device, outcome, reported, platform, state, count, "
      "first_seen, last_seen, ended, ended_by, dismissed_at, dismissed_by, reason, suspect, "
      "bound_iccid, holder, card_platform, reported_text, leniencies, candidates) VALUES (?1, "
      "(SELECT id FROM device WHERE product = ?1 AND number = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
      "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
      mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
      mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state], mismatch.count,
      mismatch.first_seen, mismatch.last_seen, mismatch.ended, mismatch.ended_by,
      mismatch.dismissed, mismatch.dismissed_by, mismatch.reason, name_of(against.suspect),
      text_of(against.bound), holder, against.card_platform, mismatch.reported_text,
      names_in(mismatch.leniencies, leniency_names), join(mismatch.candidates, " ", &Iccid::text));
}

void write_contested(Connection& connection, const std::pair<DeviceKey, bool>& device) {
  connection.run("UPDATE device SET contested = ? WHERE product = ? AND number = ?",
                 int{device.second}, device.first.product, device.first.number);
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
  write_each(changes.new_mismatches, write_new);
  write_each(changes.contested, write_contested);
  for (const SetAbnormal& card : changes.cards) write_one(connection_, card);
  for (const RejectedNow& rejected : changes.rejected) write_one(connection_, rejected);
  append_events(client_id, changes.events);
}

void SqliteReplayStore::revise_report(const DeviceKey& device, const LastReport& report) {
  static const Sql sql{"UPDATE device SET " + std::string{set_reading} +
                       " WHERE product = ?13 AND number = ?14 AND last_seen = ?15"};
  run_with_reading(connection_, sql, report, device.product, device.number, report.at);
  if (report.reading.imei.empty()) return;
  connection_.run("UPDATE device SET imei = ? WHERE product = ? AND number = ? AND last_seen = ?",
                  report.reading.imei, device.product, device.number, report.at);
}

void SqliteReportStore::append_events(const std::string& client_id,
                                      const std::vector<OutboxEvent>& events) {
  if (events.empty()) return;
  static const Sql one{insert_events(1)};
  static const Sql many{insert_events(events_a_statement)};
  // The write lock is held: no other connection can take the next sequence.
  if (!last_sequence_) last_sequence_ = last_sequence(connection_);
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

}  // namespace iotcard::sqlite
