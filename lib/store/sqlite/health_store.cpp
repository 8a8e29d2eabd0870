// SPDX-License-Identifier: Apache-2.0
// Reads only, so the writer does not wait; but what is written during a long check stays in the
// write-ahead log until the check has ended.
#include "store/sqlite/health_store.h"

#include "store/sqlite/meta.h"
#include "store/sqlite/migrations.h"

namespace iotcard::sqlite {

std::string SqliteHealthStore::id() {
  return schema_version() == 0 ? "" : read_meta(connection_, "store_id").value_or("");
}

int SqliteHealthStore::schema_version() {
  return sqlite::schema_version(connection_);
}

std::int64_t SqliteHealthStore::data_version() {
  return connection_.integer("PRAGMA data_version");
}

std::optional<std::string> SqliteHealthStore::moved() {
  return connection_.moved();
}

bool SqliteHealthStore::outdated() {
  return schema_version() < static_cast<int>(migrations().size());
}

std::vector<std::string> SqliteHealthStore::find_damage(bool thorough) {
  Query query =
      connection_.query(thorough ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)");
  std::vector<std::string> damage;
  while (query.next()) damage.push_back(query.text());
  if (damage == std::vector<std::string>{"ok"}) damage.clear();
  return damage;
}

std::optional<Instant> SqliteHealthStore::newest_report() {
  Query query = connection_.query("SELECT max(last_seen) FROM device");
  return query.next() ? query.optional_time() : std::nullopt;
}

std::vector<TableSize> SqliteHealthStore::growing_tables() {
  std::vector<TableSize> sizes;
  for (const char* table : {"device", "binding", "mismatch", "rejected_report", "deferred_report",
                            "outbox", "platform_miss", "platform_request"}) {
    sizes.push_back({table, connection_.integer("SELECT count(*) FROM " + std::string{table})});
  }
  return sizes;
}

}  // namespace iotcard::sqlite
