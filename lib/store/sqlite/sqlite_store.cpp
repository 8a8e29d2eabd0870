// SPDX-License-Identifier: Apache-2.0
// Opening a store, and HealthStore. A check reads only, so the writer does not wait; but what is
// written during a long check stays in the write-ahead log until the check has ended.
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"
#include "store/sqlite/rows.h"

namespace iotcard::sqlite {

SqliteStore::SqliteStore(const std::string& path) : connection_(path) {
  check_snapshot(connection_);
  connection_.configure();
  migrate(connection_);
  connection_.remember_files();
}

SqliteStore::SqliteStore(const std::string& path, ReadOnly read_only)
    : connection_(path, read_only) {
  check_snapshot(connection_);
  connection_.remember_files();
}

std::string SqliteStore::id() {
  return schema_version() == 0 ? "" : read_meta("store_id").value_or("");
}

int SqliteStore::schema_version() {
  return sqlite::schema_version(connection_);
}

std::int64_t SqliteStore::data_version() {
  return connection_.integer("PRAGMA data_version");
}

std::optional<std::string> SqliteStore::moved() {
  return connection_.moved();
}

bool SqliteStore::outdated() {
  return schema_version() < static_cast<int>(migrations().size());
}

std::vector<std::string> SqliteStore::find_damage(bool thorough) {
  std::vector<std::string> damage = connection_.all(
      read_text, thorough ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)");
  if (damage == std::vector<std::string>{"ok"}) damage.clear();
  return damage;
}

std::optional<Instant> SqliteStore::newest_report() {
  return connection_.first(read_optional_time, "SELECT max(last_seen) FROM device");
}

std::vector<TableSize> SqliteStore::growing_tables() {
  std::vector<TableSize> sizes;
  for (const char* table : {"device", "binding", "mismatch", "rejected_report", "deferred_report",
                            "outbox", "platform_miss", "platform_request"}) {
    sizes.push_back({table, connection_.integer("SELECT count(*) FROM " + std::string{table})});
  }
  return sizes;
}

}  // namespace iotcard::sqlite
