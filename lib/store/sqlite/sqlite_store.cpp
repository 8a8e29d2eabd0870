// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/migrations.h"

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

}  // namespace iotcard::sqlite
