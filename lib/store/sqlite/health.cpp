// SPDX-License-Identifier: Apache-2.0
// What a look at the store's health asks of it. All of it reads, so the writer is not held up; but
// what it writes meanwhile stays in the write-ahead log until the look is over.
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

bool SqliteStore::outdated() {
  return schema_version() < static_cast<int>(migrations().size());
}

std::vector<std::string> SqliteStore::find_damage(bool thorough) {
  Query query =
      connection_.query(thorough ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)");
  std::vector<std::string> damage;
  while (query.next()) damage.push_back(query.text());
  if (damage == std::vector<std::string>{"ok"}) damage.clear();
  return damage;
}

std::optional<Instant> SqliteStore::newest_report() {
  Query query = connection_.query("SELECT max(last_seen) FROM device");
  return query.next() ? query.optional_time() : std::nullopt;
}

std::vector<Store::TableSize> SqliteStore::growing_tables() {
  std::vector<TableSize> sizes;
  for (const char* table : {"device", "binding", "mismatch", "rejected_report", "deferred_report",
                            "outbox", "platform_miss", "platform_request"}) {
    sizes.push_back({table, count("SELECT count(*) FROM " + std::string{table})});
  }
  return sizes;
}

}  // namespace iotcard::sqlite
