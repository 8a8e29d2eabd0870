// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"

namespace iotcard::sqlite {

SqliteStore::SqliteStore(const std::string& path, OpenMode mode)
    : OwnedConnection(path, mode),
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
      SqliteHealthStore(OwnedConnection::connection_) {
  Connection& connection = OwnedConnection::connection_;
  check_snapshot(connection);
  if (mode != OpenMode::read_only) {
    connection.configure();
    migrate(connection);
  }
  connection.remember_files();
}

}  // namespace iotcard::sqlite
