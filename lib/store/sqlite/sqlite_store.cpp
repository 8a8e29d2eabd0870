// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"

namespace iotcard::sqlite {

SqliteStore::SqliteStore(const std::string& path) : connection_(path) {
  check_snapshot(connection_);
  connection_.settle();
  migrate(connection_);
  Query query = connection_.query("SELECT value FROM meta WHERE name = 'store_id'");
  if (query.next()) id_ = query.text();
}

SqliteStore::SqliteStore(const std::string& path, ReadOnly) : connection_(path, ReadOnly{}) {
  check_snapshot(connection_);
  if (schema_version() == 0) return;  // an empty file
  Query query = connection_.query("SELECT value FROM meta WHERE name = 'store_id'");
  if (query.next()) id_ = query.text();
}

void SqliteStore::begin() {
  last_sequence_.reset();
  connection_.begin();
}

void SqliteStore::commit() {
  if (last_sequence_) set_meta("outbox_sequence", std::to_string(*last_sequence_));
  connection_.commit();
}

void SqliteStore::rollback() noexcept {
  connection_.rollback();
}

void SqliteStore::checkpoint_if_idle() {
  connection_.checkpoint_if_idle();
}

std::string SqliteStore::id() {
  return id_;
}

int SqliteStore::schema_version() {
  return sqlite::schema_version(connection_);
}

std::int64_t SqliteStore::data_version() {
  return count("PRAGMA data_version");
}

void SqliteStore::write(const Write& write) {
  std::visit([this](const auto& one) { this->write(one); }, write);
}

std::int64_t SqliteStore::count(const std::string& sql) {
  Query query = connection_.query(sql);
  return query.next() ? query.integer() : 0;
}

}  // namespace iotcard::sqlite
