// SPDX-License-Identifier: Apache-2.0
// connection.h - One connection to one SQLite file: how it is opened, its transactions, its
// statements, each prepared once, and what its errors mean to an operator. Knows no table.
// One thread at a time; several connections may be open on a file. Throws StoreError.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sqlite/query.h"
#include "store/store.h"

namespace iotcard::sqlite {

struct ReadOnly {};

class Connection {
 public:
  // Opens the file, or makes an empty one.
  explicit Connection(const std::string& path);
  // Opens a file that is there and never writes to it.
  Connection(const std::string& path, ReadOnly);

  // Journal mode and durability. Writes to the file: not before it is known to be a store.
  void settle();

  // Takes the write lock at once, so that nothing read in a transaction can be outdated.
  void begin();
  void commit();
  void rollback() noexcept;
  bool in_transaction() const;

  // The statement is prepared at its first use. Only one use at a time.
  Query query(const std::string& sql);
  void execute(const std::string& sql);  // any number of statements, without results
  std::int64_t last_id() const;          // of the row that was inserted last

  const std::string& path() const { return path_; }
  std::vector<std::string> prepared() const;  // the text of each statement so far

  // What an SQLite error on this file means. `sql` is the statement that failed.
  StoreError error(const SQLite::Exception& cause, const std::string& sql) const;

 private:
  std::string path_;
  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement> statements_;  // after database_: ends first
};

}  // namespace iotcard::sqlite
