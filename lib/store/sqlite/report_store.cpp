// SPDX-License-Identifier: Apache-2.0
// What a report reads and writes, and what a replay of it writes.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

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
template <typename Text, typename... Values>
std::int64_t run_with_reading(Connection& connection, const Text& sql, const LastReport& report,
                              const Values&... values) {
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  return connection.run(sql, values..., iccid ? iccid->text() : std::string_view{},
                        reading.platform, reading.rssi, reading.status,
                        or_empty(reading.firmware_version), or_empty(reading.user_id),
                        reading.longitude, reading.latitude, or_empty(reading.summary),
                        join(reading.leniencies.names(leniency_names), " "),
                        join(reading.issues, "\n"), outcome_name(report.outcome));
}

// Each kind of Write.

void write_one(Connection& connection, const CreateBinding& create) {
  in_transaction(connection, [&] {
    // A device may be bound before it reports.
    connection.run("INSERT INTO device (product, number) VALUES (?, ?) ON CONFLICT DO NOTHING",
                   create.device.product, create.device.number);
    connection.run(
        "INSERT INTO binding (product, number, iccid, match, since, last_seen, created_by) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        create.device.product, create.device.number, create.iccid.text(), match_names[create.match],
        create.at, create.by);
  });
}

void write_one(Connection& connection, const ConfirmBinding& confirm) {
  connection.run("UPDATE binding SET last_seen = ? WHERE id = ?", confirm.at, confirm.id);
}

void write_one(Connection& connection, const EndBinding& end) {
  connection.run("UPDATE binding SET until = ?, ended_by = ? WHERE id = ? AND until IS NULL",
                 end.at, end.by, end.id);
}

void write_one(Connection& connection, const RaiseMismatch& raise) {
  const Mismatch& mismatch = raise.mismatch;
  connection.run(
      "INSERT INTO mismatch (product, number, outcome, reported, platform, state, count, "
      "first_seen, last_seen, ended, ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
      mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state], mismatch.count,
      mismatch.first_seen, mismatch.last_seen, mismatch.ended, mismatch.ended_by);
}

void write_one(Connection& connection, const RepeatMismatch& repeat) {
  connection.run("UPDATE mismatch SET last_seen = ?, count = ?, platform = ? WHERE id = ?",
                 repeat.at, repeat.count, repeat.platform, repeat.id);
}

void write_one(Connection& connection, const EndMismatch& end) {
  // A dismissed mismatch stands until its cause is gone.
  const std::string what = end.state == MismatchState::dismissed
                               ? "dismissed_at = ?, dismissed_by = ?"
                               : "ended = ?, ended_by = ?";
  connection.run("UPDATE mismatch SET state = ?, " + what + " WHERE id = ?",
                 mismatch_state_names[end.state], end.at, end.by, end.id);
}

void write_one(Connection& connection, const SetAbnormal& set) {
  connection.run("UPDATE card SET abnormal = ? WHERE iccid = ?",
                 join(set.reasons.names(abnormal_names), " "), set.iccid.text());
}

// Deletes its folder and all files in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    path_ = std::filesystem::temp_directory_path() / "iotcard-copy-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      throw StoreError(StoreError::Kind::unavailable,
                       fmt::format("cannot make a folder for a copy of the store, {}: see that "
                                   "there is room, or name another place in TMPDIR",
                                   path_));
    }
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file() const { return path_ + "/copy.db"; }

 private:
  std::string path_;
};

class ScratchStore final : private ScratchFolder, public SqliteStore {
 public:
  explicit ScratchStore(Connection& original) : SqliteStore(copied(original)) {}

 private:
  std::string copied(Connection& original) const {
    std::string copy = file();
    original.run("VACUUM INTO ?", copy);
    return copy;
  }
};

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
  return connection_.all(
      read_iccid,
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?",
      range.first, range.last, static_cast<std::int64_t>(range.first.size()), limit);
}

std::optional<Instant> SqliteReportStore::first_bound(const DeviceKey& device, const Iccid& iccid) {
  return connection_.first(
      read_optional_time,
      "SELECT min(since) FROM (SELECT min(since) AS since FROM binding WHERE product = ?1 AND "
      "number = ?2 AND iccid = ?3 AND until IS NOT NULL UNION ALL SELECT since FROM binding WHERE "
      "product = ?1 AND number = ?2 AND iccid = ?3 AND until IS NULL)",
      device.product, device.number, iccid.text());
}

std::vector<Mismatch> SqliteReportStore::standing_mismatches(const DeviceKey& device) {
  static const Sql sql{
      select_mismatch("INDEXED BY mismatch_standing_device WHERE m.product = ? AND m.number = ? "
                      "AND m.ended IS NULL")};
  std::vector<Mismatch> mismatches =
      connection_.all(read_mismatch, sql, device.product, device.number);
  // At most two, and mostly none. In SQL, SQLite would prepare a sorter for each report.
  std::ranges::sort(mismatches, {}, &Mismatch::id);
  return mismatches;
}

// Most devices have a row: updating it costs less than an INSERT that finds it. A report that binds
// is nearly always the first of its device.
bool SqliteReportStore::save_report(const DeviceKey& device, const LastReport& report) {
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

void SqliteReplayStore::revise_report(const DeviceKey& device, const LastReport& report) {
  run_with_reading(
      connection_,
      "UPDATE device SET reported_iccid = ?4, platform = ?5, rssi = ?6, status = ?7, "
      "firmware_version = ?8, user_id = ?9, longitude = ?10, latitude = ?11, summary = ?12, "
      "leniencies = ?13, issues = ?14, outcome = ?15 "
      "WHERE product = ?1 AND number = ?2 AND last_seen = ?3",
      report, device.product, device.number, report.at);
}

void SqliteReportStore::add_rejected(const ReceivedReport& report, const Rejection& rejection) {
  connection_.run(
      "INSERT INTO rejected_report (topic, payload, size, reason, \"offset\", at) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      report.topic, Blob{report.payload}, std::int64_t{report.size},
      rejection_reason_names[rejection.reason], static_cast<std::int64_t>(rejection.offset),
      report.arrival);
}

void SqliteReportStore::write(const Write& write) {
  std::visit([this](const auto& one) { write_one(connection_, one); }, write);
}

void SqliteReportStore::append_event(const std::string& client_id, std::string_view topic,
                                     std::string_view payload) {
  if (!connection_.in_transaction()) {
    Transaction transaction{*this};
    append_event(client_id, topic, payload);
    return transaction.commit();
  }
  // The write lock is held: no other connection can take the next sequence.
  if (!last_sequence_) last_sequence_ = read_last_sequence();
  const std::int64_t sequence = *last_sequence_ + 1;
  connection_.run("INSERT INTO outbox (sequence, client, topic, payload) VALUES (?, ?, ?, ?)",
                  sequence, client_id, topic, payload);
  last_sequence_ = sequence;
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

bool SqliteReplayStore::remove_rejected(std::int64_t id) {
  return connection_.run("DELETE FROM rejected_report WHERE id = ?", id) > 0;
}

std::unique_ptr<Store> SqliteReplayStore::scratch_copy() {
  return std::make_unique<ScratchStore>(connection_);
}

}  // namespace iotcard::sqlite
