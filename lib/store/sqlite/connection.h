// SPDX-License-Identifier: Apache-2.0
// connection.h - One connection to one SQLite file: how it is opened, its transactions, its
// statements, each prepared once, and what its errors mean to an operator. Knows no table.
// One thread at a time; several connections may be open on a file. Throws StoreError.
#pragma once

#include <SQLiteCpp/Database.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/sqlite/query.h"
#include "store/transactional.h"

namespace iotcard::sqlite {

enum class OpenMode {
  create,     // makes an empty file if there is none
  existing,   // the file must be there
  read_only,  // the same, and it is never written to
};

// The text of a statement that is put together once and that reports use. Like a literal it lives
// as long as the program and is found by its address, so that its bytes are not hashed at each use.
class Sql {
 public:
  explicit Sql(std::string text) : text_(std::move(text)) {}
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Connection final : public Transactional {
 public:
  Connection(const std::string& path, OpenMode mode);

  // Sets journal mode and durability. Writes to the file, so check first that it is a store.
  void configure();

  void set_lock_timeout(std::chrono::milliseconds timeout) override;

  // Call it when nothing waits: copies the log into the file if it has some pages, so that no
  // commit has to copy many while reports wait. While the log is blocked, tries it now and then.
  // Truncates the log's file if a large change, or one that failed, has left it long.
  void checkpoint_if_idle() override;

  std::int64_t log_bytes() const;  // of the log's file; 0: there is none

  // Since when readers of an old state have kept checkpoints from copying all of the log, which
  // then cannot be reset and grows. Known once this connection has committed something.
  struct LogState {
    bool known = false;
    std::optional<Instant> blocked_since{};
  };
  const LogState& log_state() const { return log_state_; }

  // A larger page cache and a longer log, for long transactions.
  void use_bulk_memory();

  // Takes the write lock at once, so that nothing read in a transaction can be outdated.
  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  bool in_transaction() const;

  // The statement is prepared at its first use. Only one use at a time.
  Query query(const std::string& sql);
  Query query(const Sql& sql) { return query_at(&sql, sql.text()); }
  template <std::size_t Size>
  Query query(const char (&literal)[Size]) {
    return query_at(literal, literal);
  }
  void execute(const std::string& sql);  // any number of statements, without results
  std::int64_t last_id() const;          // of the row that was inserted last

  // One use of a statement, `sql` being either kind, with its parameters in order.
  // Without rows: how many it changed.
  template <typename Text, typename... Values>
  std::int64_t run(const Text& sql, const Values&... values) {
    return query(sql).run(values...);
  }
  // What `read` makes of the first row; nullopt: there is none, or it has no value.
  template <typename Read, typename Text, typename... Values>
  auto first(const Read& read, const Text& sql, const Values&... values) {
    Query rows = query(sql);
    rows.bind(values...);
    return rows.next() ? std::optional{read(rows)} : std::nullopt;
  }
  // What `read` makes of each row.
  template <typename Read, typename Text, typename... Values>
  auto all(const Read& read, const Text& sql, const Values&... values) {
    Query rows = query(sql);
    return read_all(read, rows.bind(values...));
  }
  // The first column of the first row; 0: there is none.
  template <typename Text, typename... Values>
  std::int64_t integer(const Text& sql, const Values&... values) {
    return first([](Query& row) { return row.integer(); }, sql, values...).value_or(0);
  }

  // From now on moved() tells whether the files of this name are others than those that are open.
  void remember_files();
  std::optional<std::string> moved() const;

  const std::string& path() const { return path_; }
  std::string file() const;                   // its absolute path; "" in memory
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
  template <typename Text>
  Query query_at(const void* address, const Text& sql) {
    auto found = hot_statements_.find(address);
    if (found == hot_statements_.end()) {
      found = hot_statements_.emplace(address, prepare(sql)).first;
    }
    return use(found->second);
  }
  static int note_commit(void* self, sqlite3* database, const char* schema, int pages) noexcept;
  static int wait_for_lock(void* self, int tries) noexcept;
  void checkpoint() noexcept;
  void truncate_large_log() noexcept;
  void set_log_blocked(bool blocked) noexcept;

  // Which file a name stands for; nullopt: none.
  struct FileIdentity {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
  };
  static std::optional<FileIdentity> identity_of(const std::string& path);

  std::string path_;
  OpenMode mode_;
  SQLite::Database database_;
  std::unordered_map<std::string, Statement> statements_;      // after database_: ends first
  std::unordered_map<const void*, Statement> hot_statements_;  // by the address of their text
  std::chrono::milliseconds lock_timeout_;
  std::chrono::steady_clock::time_point lock_deadline_;
  int max_log_pages_;     // before a checkpoint
  int log_pages_ = 0;     // of the write-ahead log, after the last commit
  int copied_pages_ = 0;  // of these
  LogState log_state_;
  std::chrono::steady_clock::time_point next_checkpoint_;  // if the log is blocked
  std::chrono::steady_clock::time_point next_truncation_;
  bool may_wait_ = true;  // for locks of other connections
  std::vector<FileIdentity> files_;
};

// Runs `action` in the transaction that is open, or in one of its own.
template <typename Action>
void in_transaction(Connection& connection, Action action) {
  if (connection.in_transaction()) return action();
  Transaction transaction{connection};
  action();
  transaction.commit();
}

}  // namespace iotcard::sqlite
