// SPDX-License-Identifier: Apache-2.0
// INDEXED BY stands where a device or a card has few standing mismatches and perhaps a long
// history, which SQLite cannot know.
#include <algorithm>
#include <limits>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_mismatch(std::string_view rest) {
  return "SELECT " + std::string{mismatch_columns} + " FROM mismatch m " + std::string{rest};
}

std::vector<Mismatch> read_mismatches(Query& query) {
  std::vector<Mismatch> mismatches;
  while (query.next()) mismatches.push_back(read_mismatch(query));
  return mismatches;
}

// What follows on FROM mismatch m, in the order of the ids behind one.
std::string listed(const MismatchFilter& filter) {
  std::string rest;
  if (filter.standing_only) {
    rest = filter.device ? "INDEXED BY mismatch_standing_device " : "INDEXED BY mismatch_standing ";
  }
  rest += filter.newest_first ? "WHERE m.id < ?" : "WHERE m.id > ?";
  if (filter.standing_only) rest += " AND m.ended IS NULL";
  if (filter.outcome) rest += " AND m.outcome = ?";
  if (filter.device) rest += " AND m.product = ? AND m.number = ?";
  if (filter.state) rest += " AND m.state = ?";
  return rest + (filter.newest_first ? " ORDER BY m.id DESC" : " ORDER BY m.id");
}

std::int64_t behind(const MismatchFilter& filter, std::int64_t after_id) {
  const bool from_the_end = filter.newest_first && after_id == 0;
  return from_the_end ? std::numeric_limits<std::int64_t>::max() : after_id;
}

void bind_terms(Query& query, const MismatchFilter& filter) {
  if (filter.outcome) query.bind(outcome_name(*filter.outcome));
  if (filter.device) query.bind(filter.device->product, filter.device->number);
  if (filter.state) query.bind(mismatch_state_names[*filter.state]);
}

}  // namespace

std::vector<Mismatch> SqliteStore::standing_mismatches(const DeviceKey& device) {
  static const Sql sql{
      select_mismatch("INDEXED BY mismatch_standing_device WHERE m.product = ? AND m.number = ? "
                      "AND m.ended IS NULL")};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  std::vector<Mismatch> mismatches = read_mismatches(query);
  // Two at most. SQLite would make ready to sort, for each report, what nearly always is not there.
  std::sort(mismatches.begin(), mismatches.end(),
            [](const Mismatch& a, const Mismatch& b) { return a.id < b.id; });
  return mismatches;
}

std::optional<Mismatch> SqliteStore::find_mismatch(std::int64_t id) {
  static const std::string sql = select_mismatch("WHERE m.id = ?");
  Query query = connection_.query(sql);
  query.bind(id);
  if (!query.next()) return std::nullopt;
  return read_mismatch(query);
}

std::vector<Mismatch> SqliteStore::list_mismatches(const MismatchFilter& filter,
                                                   std::int64_t after_id, int limit) {
  const std::string rest = listed(filter) + " LIMIT ?";
  Query query = connection_.query(select_mismatch(rest));
  query.bind(behind(filter, after_id));
  bind_terms(query, filter);
  query.bind(limit);
  return read_mismatches(query);
}

std::int64_t SqliteStore::walk_mismatches(const MismatchFilter& filter, std::int64_t stride,
                                          const std::function<void(std::int64_t)>& take) {
  Query query = connection_.query("SELECT m.id FROM mismatch m " + listed(filter));
  query.bind(behind(filter, 0));
  bind_terms(query, filter);
  return walk(query, stride, 0, [&] { take(query.integer()); });
}

std::int64_t SqliteStore::count_open_mismatches() {
  return count(
      "SELECT count(*) FROM mismatch INDEXED BY mismatch_standing "
      "WHERE ended IS NULL AND state = 'open'");
}

std::vector<Mismatch> SqliteStore::unknown_cards_now_known(std::int64_t after_id, int limit) {
  // The same card may be stored with 19 or 20 characters: see match().
  static const std::string sql = select_mismatch(
      "INDEXED BY mismatch_standing_unknown WHERE m.ended IS NULL "
      "AND m.outcome = 'mismatch.card_unknown' AND m.id > ? AND ("
      "EXISTS (SELECT 1 FROM card WHERE iccid = m.reported) OR "
      "(length(m.reported) = 20 AND "
      "EXISTS (SELECT 1 FROM card WHERE iccid = substr(m.reported, 1, 19))) OR "
      "(length(m.reported) = 19 AND "
      "EXISTS (SELECT 1 FROM card WHERE iccid >= m.reported || '0' AND "
      "iccid < m.reported || 'G' AND length(iccid) = 20))) ORDER BY m.id LIMIT ?");
  Query query = connection_.query(sql);
  query.bind(after_id, limit);
  return read_mismatches(query);
}

std::vector<Mismatch> SqliteStore::mismatches_about(const Iccid& iccid) {
  static const std::string reported = select_mismatch(
      "INDEXED BY mismatch_standing_card WHERE m.reported >= ? AND m.reported < ? "
      "AND m.ended IS NULL");
  static const std::string of_its_device = select_mismatch(
      "INDEXED BY mismatch_standing_device WHERE m.ended IS NULL AND (m.product, m.number) = "
      "(SELECT product, number FROM binding WHERE iccid = ? AND until IS NULL)");
  // What names this card begins with the 19 characters that both its spellings share.
  const std::string common{iccid.text().substr(0, 19)};
  Query by_card = connection_.query(reported);
  by_card.bind(common, common + 'G');
  std::vector<Mismatch> mismatches = read_mismatches(by_card);
  std::erase_if(mismatches, [&](const Mismatch& mismatch) {
    const auto named = Iccid::from_canonical(mismatch.reported);
    return !named || !match(*named, iccid);
  });
  Query by_device = connection_.query(of_its_device);
  by_device.bind(iccid.text());
  for (Mismatch& mismatch : read_mismatches(by_device)) {
    const bool seen = std::any_of(mismatches.begin(), mismatches.end(),
                                  [&](const Mismatch& one) { return one.id == mismatch.id; });
    if (!seen) mismatches.push_back(std::move(mismatch));
  }
  return mismatches;
}

void SqliteStore::write(const RaiseMismatch& raise) {
  const Mismatch& mismatch = raise.mismatch;
  connection_
      .query(
          "INSERT INTO mismatch (product, number, outcome, reported, platform, state, count, "
          "first_seen, last_seen, ended, ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(mismatch.device.product, mismatch.device.number, outcome_name(mismatch.outcome),
           mismatch.reported, mismatch.platform, mismatch_state_names[mismatch.state],
           mismatch.count, mismatch.first_seen, mismatch.last_seen, mismatch.ended,
           mismatch.ended_by);
}

void SqliteStore::write(const RepeatMismatch& repeat) {
  connection_.query("UPDATE mismatch SET last_seen = ?, count = ?, platform = ? WHERE id = ?")
      .run(repeat.at, repeat.count, repeat.platform, repeat.id);
}

void SqliteStore::write(const EndMismatch& end) {
  // A dismissed mismatch stands on until its cause is gone.
  const std::string what = end.state == MismatchState::dismissed
                               ? "dismissed_at = ?, dismissed_by = ?"
                               : "ended = ?, ended_by = ?";
  connection_.query("UPDATE mismatch SET state = ?, " + what + " WHERE id = ?")
      .run(mismatch_state_names[end.state], end.at, end.by, end.id);
}

}  // namespace iotcard::sqlite
