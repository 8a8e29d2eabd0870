// SPDX-License-Identifier: Apache-2.0
// The kinds differ in their table, in the time at which a row expired, and in which rows are
// expired at all.
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

struct ExpiredTable {
  const char* volume;  // selects rows and bytes
  const char*
      rows;  // between two ids, at most so many: id, when, bytes, keep_longest, product, number
  const char* next_id;  // the first one behind an id
  const char* remove;
};

// By RetentionKind.
constexpr std::array<ExpiredTable, retention_kinds.size()> expired_tables{{
    {"SELECT count(*), coalesce(sum(length(payload) + length(CAST(topic AS BLOB))), 0) "
     "FROM rejected_report",
     "SELECT id, at, length(payload) + length(CAST(topic AS BLOB)), reason = 'not-applied', '', '' "
     "FROM rejected_report WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
     "SELECT min(id) FROM rejected_report WHERE id > ?",
     "DELETE FROM rejected_report WHERE id = ?"},
    {"SELECT count(*), 0 FROM binding",
     "SELECT id, until, 0, 0, '', '' FROM binding WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
     "SELECT min(id) FROM binding WHERE id > ?", "DELETE FROM binding WHERE id = ?"},
    {"SELECT (SELECT count(*) FROM mismatch) - (SELECT count(*) FROM mismatch "
     "INDEXED BY mismatch_standing WHERE ended IS NULL), 0",
     "SELECT id, ended, 0, 0, '', '' FROM mismatch WHERE id > ? AND id <= ? AND ended IS NOT NULL "
     "ORDER BY id LIMIT ?",
     "SELECT min(id) FROM mismatch WHERE id > ?",
     "DELETE FROM mismatch WHERE id = ? AND ended IS NOT NULL"},
    {"SELECT (SELECT count(*) FROM device) - "
     "(SELECT count(*) FROM device WHERE bound_iccid IS NOT NULL), 0",
     "SELECT id, nullif(max(coalesce(last_seen, 0), coalesce((SELECT max(until) FROM binding "
     "WHERE device = d.id), 0)), 0), 0, reports > 1, product, number FROM device d "
     "WHERE id > ? AND id <= ? AND bound_iccid IS NULL ORDER BY id LIMIT ?",
     "SELECT min(id) FROM device WHERE id > ?", nullptr},
    {"SELECT count(*), 0 FROM card_change",
     "SELECT id, at, 0, 0, '', '' FROM card_change WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
     "SELECT min(id) FROM card_change WHERE id > ?", "DELETE FROM card_change WHERE id = ?"},
}};

const ExpiredTable& table(RetentionKind kind) {
  return expired_tables[static_cast<std::size_t>(kind)];
}

}  // namespace

Volume SqliteRetentionStore::expired_volume(RetentionKind kind) {
  const auto read = [](Query& row) {
    return Volume{.rows = row.integer(), .bytes = row.integer()};
  };
  return connection_.first(read, table(kind).volume).value_or(Volume{});
}

ExpiredRows SqliteRetentionStore::expired_rows(RetentionKind kind, const RetentionRange& range) {
  const auto next_behind = [&](std::int64_t id) {
    return connection_.first([](Query& row) { return row.optional_integer(); }, table(kind).next_id,
                             id);
  };
  ExpiredRows expired;
  const auto first = next_behind(range.after_id);  // the ids before it are gone
  if (!first) return expired;
  const std::int64_t last = *first - 1 + range.ids;
  expired.rows = connection_.all(
      [&](Query& query) {
        ExpiredRow row{.id = query.integer(),
                       .at = query.optional_time(),
                       .bytes = query.integer(),
                       .keep_longest = query.integer() != 0,
                       .device = {}};
        if (kind == RetentionKind::devices) row.device = DeviceKey{query.text(), query.text()};
        return row;
      },
      table(kind).rows, *first - 1, last, range.max_rows);
  const bool cut_short = expired.rows.size() == static_cast<std::size_t>(range.max_rows);
  const std::int64_t next_cursor = cut_short ? expired.rows.back().id : last;
  if (next_behind(next_cursor)) expired.next_cursor = next_cursor;
  return expired;
}

void SqliteRetentionStore::remove_expired(RetentionKind kind, std::int64_t id) {
  connection_.run(table(kind).remove, id);
}

void SqliteRetentionStore::remove_device(const DeviceKey& device) {
  in_transaction(connection_, [&] {
    const std::int64_t id = connection_.integer(
        "SELECT id FROM device WHERE product = ? AND number = ?", device.product, device.number);
    for (const char* const sql :
         {"DELETE FROM mismatch WHERE device = ?", "DELETE FROM binding WHERE device = ?",
          "DELETE FROM device WHERE id = ?"}) {
      connection_.run(sql, id);
    }
  });
}

}  // namespace iotcard::sqlite
