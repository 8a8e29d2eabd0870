// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/rows.h"

namespace iotcard::sqlite {
namespace {

constexpr std::int64_t application_id = 0x494F5443;  // "IOTC"; 0001_first.sql writes it

int latest_version() {
  return static_cast<int>(migrations().size());
}

void check_is_store(Connection& connection) {
  const std::int64_t found = connection.integer("PRAGMA application_id");
  if (found == application_id) {
    const int version = schema_version(connection);
    if (version > latest_version()) {
      throw StoreError(
          StoreError::Kind::newer_schema,
          fmt::format("the card store {} has schema version {}, this program knows versions up to "
                      "{}: a newer program wrote it. Install that program's version, or name "
                      "another store",
                      connection.path(), version, latest_version()));
    }
    if (version > 0) return;
    throw StoreError(
        StoreError::Kind::not_a_store,
        fmt::format("the card store {} is of a version before the first release. Export its cards "
                    "with that version, and import them into a new store",
                    connection.path()));
  } else if (found == 0 && connection.integer("SELECT count(*) FROM sqlite_schema") == 0) {
    return;
  }
  throw StoreError(
      StoreError::Kind::not_a_store,
      fmt::format("{} is an SQLite database, but no card store: another program made it. Name "
                  "another file",
                  connection.path()));
}

}  // namespace

int schema_version(Connection& connection) {
  return static_cast<int>(connection.integer("PRAGMA user_version"));
}

void check_snapshot(Connection& connection) {
  connection.execute("BEGIN");
  try {
    check_is_store(connection);
  } catch (...) {
    connection.rollback();
    throw;
  }
  connection.rollback();
}

void migrate(Connection& connection) {
  if (schema_version(connection) == latest_version()) return;
  Transaction transaction{connection};
  check_is_store(connection);  // again: another process may have changed it meanwhile
  const auto all = migrations();
  for (int done = schema_version(connection); done < latest_version(); ++done) {
    connection.execute(std::string{all[static_cast<std::size_t>(done)]});
  }
  connection.execute(fmt::format("PRAGMA user_version = {}", latest_version()));
  transaction.commit();
}

}  // namespace iotcard::sqlite
