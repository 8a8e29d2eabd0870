// SPDX-License-Identifier: Apache-2.0
// The four kinds differ in their table, in the time at which a row expired, and in which rows are
// expired at all.
#include "store/sqlite/retention_store.h"

namespace iotcard::sqlite {
namespace {

struct ExpiredTable {
  const char* volume;  // selects rows and bytes
  const char*
      rows;  // between two ids, at most so many: id, when, bytes, keep_longest, product, number
  const char* next_id;  // the first one behind an id
  const char* remove;
};

constexpr ExpiredTable rejected_reports{
    "SELECT count(*), coalesce(sum(length(payload) + length(CAST(topic AS BLOB))), 0) "
    "FROM rejected_report",
    "SELECT id, at, length(payload) + length(CAST(topic AS BLOB)), reason = 'not-applied', '', '' "
    "FROM rejected_report WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
    "SELECT min(id) FROM rejected_report WHERE id > ?", "DELETE FROM rejected_report WHERE id = ?"};

constexpr ExpiredTable bindings{
    "SELECT count(*), 0 FROM binding INDEXED BY binding_past WHERE until IS NOT NULL",
    "SELECT id, until, 0, 0, '', '' FROM binding WHERE id > ? AND id <= ? AND until IS NOT NULL "
    "ORDER BY id LIMIT ?",
    "SELECT min(id) FROM binding WHERE id > ?",
    "DELETE FROM binding WHERE id = ? AND until IS NOT NULL"};

constexpr ExpiredTable mismatches{
    "SELECT (SELECT count(*) FROM mismatch) - (SELECT count(*) FROM mismatch "
    "INDEXED BY mismatch_standing WHERE ended IS NULL), 0",
    "SELECT id, ended, 0, 0, '', '' FROM mismatch WHERE id > ? AND id <= ? AND ended IS NOT NULL "
    "ORDER BY id LIMIT ?",
    "SELECT min(id) FROM mismatch WHERE id > ?",
    "DELETE FROM mismatch WHERE id = ? AND ended IS NOT NULL"};

constexpr ExpiredTable devices{
    "SELECT (SELECT count(*) FROM device) - "
    "(SELECT count(*) FROM binding INDEXED BY binding_open WHERE until IS NULL), 0",
    "SELECT id, nullif(max(coalesce(last_seen, ''), coalesce((SELECT max(b.until) FROM binding b "
    "WHERE b.product = d.product AND b.number = d.number AND b.until IS NOT NULL), '')), ''), "
    "0, reports > 1, product, number FROM device d WHERE id > ? AND id <= ? AND NOT EXISTS ("
    "SELECT 1 FROM binding b WHERE b.product = d.product AND b.number = d.number "
    "AND b.until IS NULL) ORDER BY id LIMIT ?",
    "SELECT min(id) FROM device WHERE id > ?", nullptr};

const ExpiredTable& table(RetentionKind kind) {
  switch (kind) {
    case RetentionKind::rejected_reports:
      return rejected_reports;
    case RetentionKind::bindings:
      return bindings;
    case RetentionKind::mismatches:
      return mismatches;
    case RetentionKind::devices:
      return devices;
  }
  return rejected_reports;  // not reached
}

}  // namespace

Volume SqliteRetentionStore::expired_volume(RetentionKind kind) {
  Query query = connection_.query(table(kind).volume);
  if (!query.next()) return {};
  return {.rows = query.integer(), .bytes = query.integer()};
}

ExpiredRows SqliteRetentionStore::expired_rows(RetentionKind kind, const RetentionRange& range) {
  const auto next_behind = [&](std::int64_t id) {
    Query query = connection_.query(table(kind).next_id);
    query.bind(id);
    return query.next() ? query.optional_integer() : std::nullopt;
  };
  ExpiredRows expired;
  const auto first = next_behind(range.after_id);  // the ids before it are gone
  if (!first) return expired;
  const std::int64_t last = *first - 1 + range.ids;
  {
    Query query = connection_.query(table(kind).rows);
    query.bind(*first - 1, last, range.max_rows);
    while (query.next()) {
      ExpiredRow row{.id = query.integer(),
                     .at = query.optional_time(),
                     .bytes = query.integer(),
                     .keep_longest = query.integer() != 0,
                     .device = {}};
      if (kind == RetentionKind::devices) row.device = DeviceKey{query.text(), query.text()};
      expired.rows.push_back(std::move(row));
    }
  }
  const bool cut_short = expired.rows.size() == static_cast<std::size_t>(range.max_rows);
  const std::int64_t next_cursor = cut_short ? expired.rows.back().id : last;
  if (next_behind(next_cursor)) expired.next_cursor = next_cursor;
  return expired;
}

void SqliteRetentionStore::remove_expired(RetentionKind kind, std::int64_t id) {
  connection_.query(table(kind).remove).run(id);
}

void SqliteRetentionStore::remove_device(const DeviceKey& device) {
  in_transaction(connection_, [&] {
    for (const char* const sql :
         {"DELETE FROM mismatch WHERE product = ? AND number = ?",
          "DELETE FROM binding WHERE product = ? AND number = ? AND until IS NOT NULL",
          "DELETE FROM device WHERE product = ? AND number = ?"}) {
      connection_.query(sql).run(device.product, device.number);
    }
  });
}

}  // namespace iotcard::sqlite
