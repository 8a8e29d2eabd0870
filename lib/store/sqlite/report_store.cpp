// SPDX-License-Identifier: Apache-2.0
// What a report reads and writes, and what a replay of it writes.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

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

// The rows of Changes, one by one.

void write_one(Connection& connection, const SavedReport& saved) {
  static const std::string set =
      "last_seen = ?5, last_topic = ?6, last_payload = ?7, reported_iccid = ?8, platform = ?9, "
      "rssi = ?10, status = ?11, firmware_version = ?12, user_id = ?13, longitude = ?14, "
      "latitude = ?15, summary = ?16, leniencies = ?17, issues = ?18, outcome = ?19 ";
  // ?4 keeps its number in both.
  static const Sql again{
      "UPDATE device SET reports = reports + ?3, first_seen = "
      "coalesce(first_seen, ?4), " +
      set + "WHERE product = ?1 AND number = ?2"};
  // An operator may have bound the device before it reported.
  static const Sql first{
      "INSERT INTO device (product, number, reports, first_seen, last_seen, last_topic, "
      "last_payload, reported_iccid, platform, rssi, status, firmware_version, user_id, longitude, "
      "latitude, summary, leniencies, issues, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
      "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) "
      "ON CONFLICT (product, number) DO UPDATE SET reports = ?3, first_seen = ?4, " +
      set};
  const LastReport& last = saved.last;
  run_with_reading(connection, saved.device_is_new ? first : again, last, saved.device.product,
                   saved.device.number, saved.reports, saved.first_at, last.at, last.topic,
                   Blob{last.payload});
}

void write_ended(Connection& connection, const Binding& binding) {
  connection.run(
      "UPDATE binding SET last_seen = ?, until = ?, ended_by = ? "
      "WHERE product = ? AND number = ? AND until IS NULL",
      binding.last_seen, binding.until, binding.ended_by, binding.device.product,
      binding.device.number);
}

void write_confirmed(Connection& connection, const Binding& binding) {
  connection.run(
      "UPDATE binding SET last_seen = ? WHERE product = ? AND number = ? AND until IS NULL",
      binding.last_seen, binding.device.product, binding.device.number);
}

void write_new(Connection& connection, const Binding& binding) {
  const DeviceKey& device = binding.device;
  // A device may be bound before it reports.
  connection.run("INSERT INTO device (product, number) VALUES (?, ?) ON CONFLICT DO NOTHING",
                 device.product, device.number);
  connection.run(
      "INSERT INTO binding (product, number, iccid, match, since, last_seen, until, created_by, "
      "ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      device.product, device.number, binding.iccid.text(), match_names[binding.match],
      binding.since, binding.last_seen, binding.until, binding.created_by, binding.ended_by);
}

// Follows the SET of an update of a standing mismatch.
constexpr const char* which_mismatch =
    " WHERE product = ? AND number = ? AND (outcome = 'mismatch.iccid_invalid') = ? "
    "AND ended IS NULL";

void write_settled(Connection& connection, const Mismatch& mismatch) {
  static const Sql sql{std::string{"UPDATE mismatch SET last_seen = ?, count = ?, platform = ?, "
                                   "state = ?, ended = ?, ended_by = ?, dismissed_at = ?, "
                                   "dismissed_by = ?"} +
                       which_mismatch};
  connection.run(sql, mismatch.last_seen, mismatch.count, mismatch.platform,
                 mismatch_state_names[mismatch.state], mismatch.ended, mismatch.ended_by,
                 mismatch.dismissed, mismatch.dismissed_by, mismatch.device.product,
                 mismatch.device.number, int{mismatch.about_iccid()});
}

void write_repeated(Connection& connection, const Mismatch& mismatch) {
  static const Sql sql{std::string{"UPDATE mismatch SET last_seen = ?, count = ?, platform = ?"} +
                       which_mismatch};
  connection.run(sql, mismatch.last_seen, mismatch.count, mismatch.platform,
                 mismatch.device.product, mismatch.device.number, int{mismatch.about_iccid()});
}

void write_new(Connection& connection, const Mismatch& mismatch) {
  connection.run(
      "INSERT INTO mismatch (product, number, outcome, reported, platform, state, count, "
      "first_seen, last_seen, ended, ended_by, dismissed_at, dismissed_by) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
      mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state], mismatch.count,
      mismatch.first_seen, mismatch.last_seen, mismatch.ended, mismatch.ended_by,
      mismatch.dismissed, mismatch.dismissed_by);
}

void write_one(Connection& connection, const SetAbnormal& set) {
  connection.run("UPDATE card SET abnormal = ? WHERE iccid = ?",
                 join(set.reasons.names(abnormal_names), " "), set.iccid.text());
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

// The device, its open binding and that card, in one query: most reports confirm a binding and need
// nothing else. `cards` gets the card.
KnownDevice read_known(Connection& connection, const DeviceKey& device,
                       std::vector<MatchedCard>& cards) {
  static const Sql sql{"SELECT d.reports > 0, " + std::string{binding_columns} + ", " +
                       std::string{matched_card_columns} +
                       " FROM device d LEFT JOIN binding b ON b.product = d.product "
                       "AND b.number = d.number AND b.until IS NULL "
                       "LEFT JOIN card c ON c.iccid = b.iccid "
                       "WHERE d.product = ? AND d.number = ?"};
  const auto known = connection.first(
      [&](Query& query) {
        KnownDevice found{device, query.integer() != 0, std::nullopt};
        if (query.null_ahead()) return found;
        found.binding = read_binding(query);
        if (query.null_ahead()) return found;
        cards.push_back(read_matched_card(query));
        cards.back().binding = found.binding;
        return found;
      },
      sql, device.product, device.number);
  return known.value_or(KnownDevice{device});
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

Snapshot SqliteReportStore::read(const ReportKeys& keys) {
  static const MatchQueries queries{"SELECT " + std::string{matched_card_columns} + ", " +
                                    std::string{binding_columns} + std::string{all_cards}};
  Snapshot snapshot;
  for (const DeviceKey& device : keys.devices) {
    KnownDevice& known =
        snapshot.devices.emplace_back(read_known(connection_, device, snapshot.cards));
    known.standing = read_standing(connection_, device);
  }
  std::set<Iccid> read;
  for (const MatchedCard& card : snapshot.cards) read.insert(card.card.iccid);
  for (const Iccid& iccid : keys.iccids) {
    if (read.contains(iccid)) continue;
    for (MatchedCard& card : match_cards(connection_, queries, iccid, [](Query& query) {
           MatchedCard matched = read_matched_card(query);
           matched.binding = read_optional_binding(query);
           return matched;
         })) {
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
  for (const SavedReport& report : changes.reports) write_one(connection_, report);
  for (const Binding& binding : changes.ended_bindings) write_ended(connection_, binding);
  for (const Binding& binding : changes.confirmed_bindings) write_confirmed(connection_, binding);
  for (const Binding& binding : changes.new_bindings) write_new(connection_, binding);
  for (const Mismatch& mismatch : changes.settled_mismatches) write_settled(connection_, mismatch);
  for (const Mismatch& mismatch : changes.repeated_mismatches) {
    write_repeated(connection_, mismatch);
  }
  for (const Mismatch& mismatch : changes.new_mismatches) write_new(connection_, mismatch);
  for (const SetAbnormal& card : changes.cards) write_one(connection_, card);
  for (const RejectedNow& rejected : changes.rejected) write_one(connection_, rejected);
  for (const OutboxEvent& event : changes.events) append_event(client_id, event);
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

void SqliteReplayStore::revise_report(const DeviceKey& device, const LastReport& report) {
  run_with_reading(
      connection_,
      "UPDATE device SET reported_iccid = ?4, platform = ?5, rssi = ?6, status = ?7, "
      "firmware_version = ?8, user_id = ?9, longitude = ?10, latitude = ?11, summary = ?12, "
      "leniencies = ?13, issues = ?14, outcome = ?15 "
      "WHERE product = ?1 AND number = ?2 AND last_seen = ?3",
      report, device.product, device.number, report.at);
}

void SqliteReportStore::append_event(const std::string& client_id, const OutboxEvent& event) {
  // The write lock is held: no other connection can take the next sequence.
  if (!last_sequence_) last_sequence_ = read_last_sequence();
  const std::int64_t sequence = *last_sequence_ + 1;
  connection_.run("INSERT INTO outbox (sequence, client, topic, payload) VALUES (?, ?, ?, ?)",
                  sequence, client_id, event.topic, event.payload);
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
