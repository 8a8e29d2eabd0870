// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <filesystem>
#include <thread>

namespace iotcard::sqlite {
namespace {

constexpr std::chrono::milliseconds busy_timeout{5000};
constexpr std::chrono::milliseconds busy_pause{10};
// So many pages of the log are copied into the file together: under load many, since most rows of
// the outbox come and go in between; in a pause from a few on, since 8192 take 20 ms, in which
// reports may come.
constexpr int most_log_pages = 8192;
constexpr int pause_log_pages = 256;

void check_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::absolute(path, ignored).parent_path();
  if (fs::is_directory(path, ignored)) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("the card store {} is a folder. Name a file in it", path));
  }
  if (!fs::is_directory(folder, ignored)) {
    throw StoreError(StoreError::Kind::unavailable,
                     fmt::format("cannot open the card store {}: there is no folder {}. Make it, "
                                 "or name another file",
                                 path, folder.string()));
  }
}

// Nobody asks SQLite how much memory it has, and counting takes a mutex for each piece.
void configure_sqlite() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);
}

SQLite::Database open_database(const std::string& path, int mode) {
  check_folder(path);
  configure_sqlite();
  try {
    return SQLite::Database{path, mode | SQLITE_OPEN_NOMUTEX,
                            static_cast<int>(busy_timeout.count())};
  } catch (const SQLite::Exception& error) {
    throw StoreError(StoreError::Kind::unavailable,
                     fmt::format("cannot open the card store {}: {}. See that this user may read "
                                 "and write the file and its folder",
                                 path, error.what()));
  }
}

struct Meaning {
  StoreError::Kind kind;
  const char* advice;
};

Meaning meaning_of(int code) {
  using Kind = StoreError::Kind;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {Kind::conflict, "Look at what is stored now and try again"};
    case SQLITE_NOTADB:
      return {Kind::not_a_store, "This file is no SQLite database; name another one"};
    case SQLITE_CORRUPT:
      return {Kind::not_a_store, "The file is damaged; restore a backup"};
    case SQLITE_ERROR:
      return {Kind::not_a_store, "The tables are not what this program made; restore a backup"};
    case SQLITE_FULL:
      return {Kind::unavailable, "Free some space on its disk"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Kind::unavailable, "Another program holds it; try again once that has ended"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {Kind::unavailable, "See that this user may write the file and its folder"};
    case SQLITE_IOERR:
      return {Kind::unavailable, "See the system's log for errors of its disk"};
    default:
      return {Kind::unavailable, "Try again"};
  }
}

bool reads(const std::string& sql) {
  return sql.starts_with("SELECT") || sql == "PRAGMA application_id" ||
         sql == "PRAGMA data_version";
}

}  // namespace

Connection::Connection(const std::string& path)
    : path_(path), database_(open_database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)) {}

Connection::Connection(const std::string& path, ReadOnly)
    : path_(path), database_(open_database(path, SQLite::OPEN_READONLY)) {}

void Connection::set_lock_timeout(std::chrono::milliseconds timeout) {
  database_.setBusyTimeout(static_cast<int>(timeout.count()));
}

void Connection::settle() {
  if (sqlite3_db_readonly(database_.getHandle(), "main") == 1) {
    throw StoreError(StoreError::Kind::unavailable,
                     fmt::format("cannot write to the card store {}: this user may only read it. "
                                 "See that this user may write the file and its folder",
                                 path_));
  }
  // SQLite does not wait for the lock that the change of mode needs.
  const auto deadline = std::chrono::steady_clock::now() + busy_timeout;
  const std::string wal = "PRAGMA journal_mode = WAL";
  int code = database_.tryExec(wal);
  while ((code & 0xff) == SQLITE_BUSY && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(busy_pause);
    code = database_.tryExec(wal);
  }
  if (code != SQLITE_OK) throw error(code, wal);
  execute(
      "PRAGMA synchronous = FULL;"
      "PRAGMA secure_delete = OFF;"  // Debian's default writes noughts over each row of the outbox
      "PRAGMA cache_size = -28672;"  // KiB; the daemon is to stay below 64 MiB in a storm
      "PRAGMA journal_size_limit = 67108864");  // bytes that stay after a large import
  sqlite3_wal_hook(database_.getHandle(), note_commit, this);
}

// Takes the place of the hook that PRAGMA wal_autocheckpoint sets, so that must not be used again.
int Connection::note_commit(void* self, sqlite3* /*database*/, const char* /*schema*/,
                            int pages) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  if (pages < connection.copied_pages_) connection.copied_pages_ = 0;  // the log began again
  connection.log_pages_ = pages;
  if (pages - connection.copied_pages_ >= most_log_pages) connection.copy_log();
  return SQLITE_OK;
}

// All of the log that is not copied yet, as far as nobody reads what it would overwrite; what fails
// is done with the next.
void Connection::copy_log() noexcept {
  int pages = 0;
  int copied = 0;
  sqlite3_wal_checkpoint_v2(database_.getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages,
                            &copied);
  copied_pages_ = std::max(copied, copied_pages_);
}

void Connection::checkpoint_if_idle() {
  if (log_pages_ - copied_pages_ >= pause_log_pages) copy_log();
}

void Connection::begin() {
  static const Sql sql{"BEGIN IMMEDIATE"};
  query(sql).run();
}

void Connection::commit() {
  static const Sql sql{"COMMIT"};
  query(sql).run();
}

void Connection::rollback() noexcept {
  // After some errors, a full disk for one, SQLite has done so already.
  if (in_transaction()) database_.tryExec("ROLLBACK");
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(database_.getHandle()) == 0;
}

Connection::Statement Connection::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.getHandle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) throw error(code, sql);
  return Statement{statement};
}

Query Connection::use(const Statement& statement) const {
  assert(sqlite3_stmt_busy(statement.get()) == 0);
  return {*this, statement.get()};
}

Query Connection::query(const std::string& sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.emplace(sql, prepare(sql)).first;
  return use(found->second);
}

Query Connection::query(const Sql& sql) {
  auto found = hot_statements_.find(&sql);
  if (found == hot_statements_.end()) {
    found = hot_statements_.emplace(&sql, prepare(sql.text())).first;
  }
  return use(found->second);
}

void Connection::execute(const std::string& sql) {
  const int code = database_.tryExec(sql);
  if (code != SQLITE_OK) throw error(code, sql);
}

std::int64_t Connection::last_id() const {
  return sqlite3_last_insert_rowid(database_.getHandle());
}

std::vector<std::string> Connection::prepared() const {
  std::vector<std::string> texts;
  for (const auto& [sql, statement] : statements_) texts.push_back(sql);
  for (const auto& [sql, statement] : hot_statements_) texts.push_back(sql->text());
  return texts;
}

StoreError Connection::error(int code, const std::string& sql) const {
  const Meaning meaning = meaning_of(code);
  return {meaning.kind,
          fmt::format("cannot {} the card store {}: {}. {}", reads(sql) ? "read" : "write to",
                      path_, database_.getErrorMsg(), meaning.advice)};
}

}  // namespace iotcard::sqlite
