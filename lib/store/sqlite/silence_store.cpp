// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

WatchedDevice read_watched(Query& query) {
  WatchedDevice watched{.id = query.integer(),
                        .device = {query.text(), query.text()},
                        .last_seen = query.optional_time(),
                        .seen_from = query.time()};
  const bool heard_live = query.integer() != 0;
  if (!heard_live) watched.last_seen.reset();
  return watched;
}

}  // namespace

std::vector<WatchedDevice> SqliteSilenceStore::devices_to_check(Instant until, Instant now,
                                                                int limit) {
  const auto find = [&](const char* sql, Instant bound) {
    return connection_.all(read_watched, sql, bound, limit);
  };
  auto devices = find(
      "SELECT id, product, number, last_seen, seen_from, heard_live FROM device "
      "INDEXED BY device_seen_from WHERE silent_since IS NULL AND seen_from <= ? "
      "ORDER BY seen_from LIMIT ?",
      until);
  if (!devices.empty()) return devices;
  return find(
      "SELECT id, product, number, last_seen, seen_from, heard_live FROM device "
      "INDEXED BY device_seen_from WHERE silent_since IS NULL AND seen_from > ? "
      "ORDER BY seen_from LIMIT ?",
      now);
}

void SqliteSilenceStore::set_seen_from(std::int64_t id, Instant seen_from) {
  connection_.run("UPDATE device SET seen_from = ? WHERE id = ?", seen_from, id);
}

void SqliteSilenceStore::mark_silent(std::int64_t id, Instant since) {
  connection_.run("UPDATE device SET silent_since = ? WHERE id = ?", since, id);
}

std::int64_t SqliteSilenceStore::forget_silence(int limit) {
  return connection_.run(
      "UPDATE device SET silent_since = NULL WHERE id IN (SELECT id FROM device "
      "INDEXED BY device_silent WHERE silent_since IS NOT NULL ORDER BY product, number LIMIT ?)",
      limit);
}

}  // namespace iotcard::sqlite
