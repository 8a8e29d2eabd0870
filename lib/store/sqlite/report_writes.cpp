// SPDX-License-Identifier: Apache-2.0
// What a report writes, and what a replay of it does.
#include <fmt/format.h>

#include "base/text.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

namespace {

// Text without a value is "".
std::string_view or_empty(const std::optional<std::string>& text) {
  return text ? std::string_view{*text} : std::string_view{};
}

// Runs a statement whose parameters are `values` and then the columns from reported_iccid to
// outcome, in the order of the table.
template <typename... Values>
std::int64_t run_with_reading(Connection& connection, const Sql& sql, const LastReport& report,
                              const Values&... values) {
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  return connection.run(sql, values..., iccid ? iccid->text() : std::string_view{},
                        reading.platform, reading.rssi, reading.status,
                        or_empty(reading.firmware_version), or_empty(reading.user_id),
                        reading.longitude, reading.latitude, or_empty(reading.summary),
                        join(reading.leniencies.names(leniency_names), ' '),
                        join(reading.issues, '\n'), outcome_name(report.outcome));
}

}  // namespace

// Most devices have a row: updating it costs less than an INSERT that finds it. A report that binds
// is nearly always the first of its device.
bool SqliteStore::save_report(const DeviceKey& device, const LastReport& report) {
  static const std::string set =
      "last_seen = ?3, last_topic = ?4, last_payload = ?5, reported_iccid = ?6, platform = ?7, "
      "rssi = ?8, status = ?9, firmware_version = ?10, user_id = ?11, longitude = ?12, "
      "latitude = ?13, summary = ?14, leniencies = ?15, issues = ?16, outcome = ?17 ";
  static const Sql again{"UPDATE device SET reports = reports + 1, " + set +
                         "WHERE product = ?1 AND number = ?2 AND reports > 0"};
  static const Sql first{
      "INSERT INTO device (product, number, reports, first_seen, last_seen, last_topic, "
      "last_payload, reported_iccid, platform, rssi, status, firmware_version, user_id, longitude, "
      "latitude, summary, leniencies, issues, outcome) "
      "VALUES (?1, ?2, 1, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) "
      "ON CONFLICT (product, number) DO UPDATE SET reports = 1, first_seen = ?3, " +
      set + "WHERE reports = 0"};
  const auto save = [&](const Sql& sql) {
    return run_with_reading(connection_, sql, report, device.product, device.number, report.at,
                            report.topic, Blob{report.payload});
  };
  bool is_new = false;
  in_transaction(connection_, [&] {
    is_new = report.outcome == Outcome::binding_created && save(first) > 0;
    if (!is_new && save(again) == 0) is_new = save(first) > 0;
  });
  return is_new;
}

void SqliteStore::revise_report(const DeviceKey& device, const LastReport& report) {
  static const Sql sql{
      "UPDATE device SET reported_iccid = ?4, platform = ?5, rssi = ?6, status = ?7, "
      "firmware_version = ?8, user_id = ?9, longitude = ?10, latitude = ?11, summary = ?12, "
      "leniencies = ?13, issues = ?14, outcome = ?15 "
      "WHERE product = ?1 AND number = ?2 AND last_seen = ?3"};
  run_with_reading(connection_, sql, report, device.product, device.number, report.at);
}

void SqliteStore::add_rejected(const ReceivedReport& report, const Rejection& rejection) {
  connection_.run(
      "INSERT INTO rejected_report (topic, payload, size, reason, \"offset\", at) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      report.topic, Blob{report.payload}, std::int64_t{report.size},
      rejection_reason_names[rejection.reason], static_cast<std::int64_t>(rejection.offset),
      report.arrival);
}

void SqliteStore::write(const Write& write) {
  std::visit([this](const auto& one) { this->write(one); }, write);
}

void SqliteStore::write(const CreateBinding& create) {
  in_transaction(connection_, [&] {
    // A device may be bound before it reports.
    static const Sql device{
        "INSERT INTO device (product, number) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    connection_.run(device, create.device.product, create.device.number);
    static const Sql binding{
        "INSERT INTO binding (product, number, iccid, match, since, last_seen, created_by) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)"};
    connection_.run(binding, create.device.product, create.device.number, create.iccid.text(),
                    match_names[create.match], create.at, create.by);
  });
}

void SqliteStore::write(const ConfirmBinding& confirm) {
  static const Sql sql{"UPDATE binding SET last_seen = ? WHERE id = ?"};
  connection_.run(sql, confirm.at, confirm.id);
}

void SqliteStore::write(const EndBinding& end) {
  connection_.run("UPDATE binding SET until = ?, ended_by = ? WHERE id = ? AND until IS NULL",
                  end.at, end.by, end.id);
}

void SqliteStore::write(const RaiseMismatch& raise) {
  const Mismatch& mismatch = raise.mismatch;
  connection_.run(
      "INSERT INTO mismatch (product, number, outcome, reported, platform, state, count, "
      "first_seen, last_seen, ended, ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
      mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state], mismatch.count,
      mismatch.first_seen, mismatch.last_seen, mismatch.ended, mismatch.ended_by);
}

void SqliteStore::write(const RepeatMismatch& repeat) {
  connection_.run("UPDATE mismatch SET last_seen = ?, count = ?, platform = ? WHERE id = ?",
                  repeat.at, repeat.count, repeat.platform, repeat.id);
}

void SqliteStore::write(const EndMismatch& end) {
  // A dismissed mismatch stands until its cause is gone.
  const std::string what = end.state == MismatchState::dismissed
                               ? "dismissed_at = ?, dismissed_by = ?"
                               : "ended = ?, ended_by = ?";
  connection_.run("UPDATE mismatch SET state = ?, " + what + " WHERE id = ?",
                  mismatch_state_names[end.state], end.at, end.by, end.id);
}

void SqliteStore::write(const SetAbnormal& set) {
  connection_.run("UPDATE card SET abnormal = ? WHERE iccid = ?",
                  join(set.reasons.names(abnormal_names), ' '), set.iccid.text());
}

void SqliteStore::append_event(const std::string& client_id, std::string_view topic,
                               std::string_view payload) {
  if (!connection_.in_transaction()) {
    Transaction transaction{*this};
    append_event(client_id, topic, payload);
    return transaction.commit();
  }
  // The write lock is held: no other connection can take the next sequence.
  if (!last_sequence_) last_sequence_ = read_last_sequence();
  const std::int64_t sequence = *last_sequence_ + 1;
  static const Sql sql{"INSERT INTO outbox (sequence, client, topic, payload) VALUES (?, ?, ?, ?)"};
  connection_.run(sql, sequence, client_id, topic, payload);
  last_sequence_ = sequence;
}

// Without it a store would use sequences again.
std::int64_t SqliteStore::read_last_sequence() {
  const auto sequence = parse_integer(read_meta("outbox_sequence").value_or(""));
  if (!sequence) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("the card store {} does not say which event was its last. Restore "
                                 "a backup",
                                 connection_.path()));
  }
  return *sequence;
}

}  // namespace iotcard::sqlite
