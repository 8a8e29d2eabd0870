// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"

namespace iotcard::sqlite {

template <typename... Arguments>
SqliteStore::SqliteStore(std::in_place_t, const Arguments&... arguments)
    : OwnedConnection(arguments...),
      SqliteReportStore(OwnedConnection::connection_),
      SqliteOutboxStore(OwnedConnection::connection_),
      SqliteDeferredStore(OwnedConnection::connection_),
      SqliteRetentionStore(OwnedConnection::connection_),
      SqliteCardStore(OwnedConnection::connection_),
      SqliteImportStore(OwnedConnection::connection_),
      SqliteBindingStore(OwnedConnection::connection_),
      SqliteListStore(OwnedConnection::connection_),
      SqlitePlatformStore(OwnedConnection::connection_),
      SqlitePlatformRequestStore(OwnedConnection::connection_),
      SqliteReplayStore(OwnedConnection::connection_),
      SqliteStateStore(OwnedConnection::connection_),
      SqliteHealthStore(OwnedConnection::connection_) {}

SqliteStore::SqliteStore(const std::string& path) : SqliteStore(std::in_place, path) {
  Connection& connection = OwnedConnection::connection_;
  check_snapshot(connection);
  connection.configure();
  migrate(connection);
  connection.remember_files();
}

SqliteStore::SqliteStore(const std::string& path, ReadOnly read_only)
    : SqliteStore(std::in_place, path, read_only) {
  check_snapshot(OwnedConnection::connection_);
  OwnedConnection::connection_.remember_files();
}

}  // namespace iotcard::sqlite
