// SPDX-License-Identifier: Apache-2.0
// connection.h - One connection to one SQLite file: how it is opened, its transactions, its
// statements, each prepared once, and what its errors mean to an operator. Knows no table.
// One thread at a time; several connections may be open on a file. Throws StoreError.
#pragma once

#include <SQLiteCpp/Database.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/sqlite/query.h"
#include "store/store.h"

namespace iotcard::sqlite {

struct ReadOnly {};

// The text of a statement that a report needs, as long-lived as the program: it is known by its
// place, so that some hundred bytes are not hashed at each use.
class Sql {
 public:
  explicit Sql(std::string text) : text_(std::move(text)) {}
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Connection {
 public:
  // Opens the file, or makes an empty one.
  explicit Connection(const std::string& path);
  // Opens a file that is there and never writes to it.
  Connection(const std::string& path, ReadOnly);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void set_lock_timeout(std::chrono::milliseconds timeout);

  // Journal mode and durability. Writes to the file: not before it is known to be a store.
  void settle();

  // Nothing waits for this connection: copies the log into the file if a few pages have gathered,
  // so that no commit has to copy many while reports wait.
  void checkpoint_if_idle();

  // Takes the write lock at once, so that nothing read in a transaction can be outdated.
  void begin();
  void commit();
  void rollback() noexcept;
  bool in_transaction() const;

  // The statement is prepared at its first use. Only one use at a time.
  Query query(const std::string& sql);
  Query query(const Sql& sql);
  void execute(const std::string& sql);  // any number of statements, without results
  std::int64_t last_id() const;          // of the row that was inserted last

  const std::string& path() const { return path_; }
  std::vector<std::string> prepared() const;  // the text of each statement so far

  // What an SQLite error on this file means. `sql` is the statement that failed.
  StoreError error(int code, const std::string& sql) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Statement prepare(const std::string& sql) const;
  Query use(const Statement& statement) const;
  static int note_commit(void* self, sqlite3* database, const char* schema, int pages) noexcept;
  void copy_log() noexcept;

  std::string path_;
  SQLite::Database database_;
  std::unordered_map<std::string, Statement> statements_;  // after database_: ends first
  std::unordered_map<const Sql*, Statement> hot_statements_;
  int log_pages_ = 0;     // of the write-ahead log, after the last commit
  int copied_pages_ = 0;  // of these
};

}  // namespace iotcard::sqlite
