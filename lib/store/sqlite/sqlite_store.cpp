// SPDX-License-Identifier: Apache-2.0
// Opening a store, and HealthStore. A check reads only, so the writer does not wait; but what is
// written during a long check stays in the write-ahead log until the check has ended.
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"
#include "store/sqlite/rows.h"

namespace iotcard::sqlite {

SqliteStore::SqliteStore(const std::string& path, OpenMode mode)
    : OwnConnection(path, mode),
      SqliteReportStore(OwnConnection::connection_),
      SqliteOutboxStore(OwnConnection::connection_),
      SqliteEventHistoryStore(OwnConnection::connection_),
      SqliteDeferredStore(OwnConnection::connection_),
      SqliteRetentionStore(OwnConnection::connection_),
      SqliteSilenceStore(OwnConnection::connection_),
      SqliteSeriesStore(OwnConnection::connection_),
      SqliteCardStore(OwnConnection::connection_),
      SqliteImportStore(OwnConnection::connection_),
      SqliteBindingStore(OwnConnection::connection_),
      SqliteListStore(OwnConnection::connection_),
      SqlitePlatformStore(OwnConnection::connection_),
      SqlitePlatformRequestStore(OwnConnection::connection_),
      SqliteWebhookStore(OwnConnection::connection_),
      SqliteReplayStore(OwnConnection::connection_),
      SqliteStateStore(OwnConnection::connection_),
      SqliteHealthStore(OwnConnection::connection_) {
  Connection& connection = OwnConnection::connection_;
  check_snapshot(connection);
  if (mode != OpenMode::read_only) {
    connection.configure();
    migrate(connection);
  }
  connection.remember_files();
}

std::string SqliteHealthStore::id() {
  return store_id(connection_);
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
  std::vector<std::string> damage = connection_.all(
      read_text, thorough ? "PRAGMA integrity_check(10)" : "PRAGMA quick_check(10)");
  if (damage == std::vector<std::string>{"ok"}) damage.clear();
  return damage;
}

std::optional<Instant> SqliteHealthStore::newest_report() {
  return connection_.first(
      read_optional_time,
      "SELECT max(last_seen) FROM (SELECT last_seen FROM device ORDER BY id DESC LIMIT 100000)");
}

std::int64_t SqliteHealthStore::store_bytes() {
  return connection_.integer("PRAGMA page_count") * connection_.integer("PRAGMA page_size");
}

std::vector<TableSize> SqliteHealthStore::growing_tables() {
  std::vector<TableSize> sizes;
  for (const char* table :
       {"device", "binding", "mismatch", "rejected_report", "quarantined_event", "deferred_report",
        "platform_held", "platform_miss", "platform_request", "card_change"}) {
    sizes.push_back({table, connection_.integer("SELECT count(*) FROM " + std::string{table})});
  }
  std::int64_t waiting = 0;
  std::int64_t kept = 0;  // or a few more: counting them would read all their payloads
  for (const std::string& client : connection_.all(read_text, all_clients)) {
    const ClientEvents events = client_events(connection_, client);
    waiting += key_span(connection_, events.last_published_key(), events.last_key());
    kept += key_span(connection_, events.key(0), events.last_published_key());
  }
  sizes.push_back({"outbox", waiting});
  sizes.push_back({"event_history", kept});
  return sizes;
}

}  // namespace iotcard::sqlite
