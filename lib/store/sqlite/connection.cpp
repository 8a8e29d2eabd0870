// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <thread>

#include "store/sqlite/file_access.h"

namespace iotcard::sqlite {
namespace {

constexpr std::chrono::milliseconds busy_timeout{5000};
// SQLite's own busy handler pauses up to 100 ms, and would miss the short pauses between the
// transactions of an import.
constexpr std::chrono::milliseconds busy_pause{1};
// Pages of the write-ahead log at which it is copied into the file (a checkpoint). Under load many,
// since a page that has changed several times is copied once; when nothing waits a few, since
// copying 8192 pages takes 20 ms.
constexpr int max_log_pages = 8192;
constexpr int idle_log_pages = 256;
// While a reader blocks the log, SQLite may sort all its pages at each attempt to copy them, in
// vain. The pause between two attempts is so many times as long as an attempt.
constexpr int blocked_pauses = 50;
// The log's file keeps its size when it is reset. A large import makes it as long as its changes,
// and one that fails on a full disk leaves it so. Under load it has up to `max_log_pages`, and a
// file that is there already is cheaper to write to, so it is truncated rarely, and only when
// nothing waits.
constexpr std::int64_t kept_log_bytes = std::int64_t{8} << 20;
constexpr std::chrono::seconds truncate_pause{10};
constexpr std::chrono::seconds log_size_pause{1};  // between two looks at the file's size
constexpr std::string_view in_memory = ":memory:";

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

// Memory statistics are not used, and each allocation would take a mutex for them.
void configure_sqlite() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);
}

SQLite::Database open_database(const std::string& path, OpenMode mode) {
  check_folder(path);
  configure_sqlite();
  if (mode == OpenMode::create && path != in_memory) make_store_file(path);
  int flags = SQLITE_OPEN_NOMUTEX;
  flags |= mode == OpenMode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == OpenMode::create) flags |= SQLITE_OPEN_CREATE;
  try {
    return SQLite::Database{path, flags, static_cast<int>(busy_timeout.count())};
  } catch (const SQLite::Exception& error) {
    if (is_unreadable(path)) {
      throw StoreError(StoreError::Kind::unavailable,
                       fmt::format("cannot open the card store {}: this user may not read it. {}",
                                   path, who_may_read(path)));
    }
    std::error_code ignored;
    if (mode != OpenMode::create && !std::filesystem::exists(path, ignored)) {
      throw StoreError(StoreError::Kind::unavailable,
                       fmt::format("cannot open the card store {}: there is no such file. Put the "
                                   "file back, or restart the daemon",
                                   path));
    }
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
  return sql.starts_with("SELECT") || sql.starts_with("WITH") || sql == "PRAGMA application_id" ||
         sql == "PRAGMA data_version" || sql == "PRAGMA user_version";
}

}  // namespace

Connection::Connection(const std::string& path, OpenMode mode)
    : path_(path),
      mode_(mode),
      database_(open_database(path, mode)),
      lock_timeout_(busy_timeout),
      max_log_pages_(max_log_pages) {
  sqlite3_busy_handler(database_.getHandle(), wait_for_lock, this);
  // The log, emptied, and its index stay when the last connection closes: a user who may only read
  // the folder cannot make them, and SQLite reads no store without them ("wal" 8, read-only
  // databases).
  int persistent = 1;
  sqlite3_file_control(database_.getHandle(), "main", SQLITE_FCNTL_PERSIST_WAL, &persistent);
}

void Connection::set_lock_timeout(std::chrono::milliseconds timeout) {
  lock_timeout_ = timeout;
}

int Connection::wait_for_lock(void* self, int tries) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  if (!connection.may_wait_) return 0;
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) connection.lock_deadline_ = now + connection.lock_timeout_;
  if (now >= connection.lock_deadline_) return 0;
  std::this_thread::sleep_for(busy_pause);
  return 1;
}

void Connection::configure() {
  if (sqlite3_db_readonly(database_.getHandle(), "main") == 1) {
    throw StoreError(StoreError::Kind::unavailable,
                     fmt::format("cannot write to the card store {}: {}", path_,
                                 is_on_read_only_disk(path_)
                                     ? "its file system is read-only. Mount it for writing"
                                     : "this user may only read it. " + who_may_write(path_)));
  }
  // SQLite does not use the busy timeout for the lock that this change needs.
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
      "PRAGMA secure_delete = OFF;"  // Debian's default overwrites each deleted row with zeros
      "PRAGMA cache_size = -28672;"  // KiB; the daemon stays below 64 MiB under full load
      "PRAGMA journal_size_limit = 41943040");  // bytes that the log keeps after a large
                                                // transaction: somewhat over max_log_pages
  sqlite3_wal_hook(database_.getHandle(), note_commit, this);
}

// Replaces the hook of PRAGMA wal_autocheckpoint, which therefore must not be used.
int Connection::note_commit(void* self, sqlite3* /*database*/, const char* /*schema*/,
                            int pages) noexcept {
  auto& connection = *static_cast<Connection*>(self);
  if (pages < connection.copied_pages_) connection.copied_pages_ = 0;  // the log was restarted
  connection.log_pages_ = pages;
  // A short log was reset not long ago.
  if (pages < idle_log_pages) connection.set_log_blocked(false);
  if (pages - connection.copied_pages_ >= connection.max_log_pages_) connection.checkpoint();
  return SQLITE_OK;
}

// Copies what no reader still needs in the file; what remains is copied by the next checkpoint.
void Connection::checkpoint() noexcept {
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.getHandle(), "main",
                                             SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
  copied_pages_ = std::max(copied, copied_pages_);
  // Otherwise another connection is copying.
  if (code == SQLITE_OK) set_log_blocked(copied < pages && pages >= idle_log_pages);
}

void Connection::set_log_blocked(bool blocked) noexcept {
  log_state_.known = true;
  if (!blocked) {
    log_state_.blocked_since.reset();
  } else if (!log_state_.blocked_since) {
    log_state_.blocked_since =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
}

void Connection::use_bulk_memory() {
  constexpr int bulk_log_pages = 1 << 16;  // 256 MiB
  max_log_pages_ = bulk_log_pages;
  execute("PRAGMA cache_size = -98304");  // KiB
}

void Connection::checkpoint_if_idle() {
  truncate_large_log();
  const bool blocked = log_state_.blocked_since.has_value();
  if (log_pages_ - copied_pages_ < idle_log_pages && !blocked) return;
  const auto began = std::chrono::steady_clock::now();
  if (blocked && began < next_checkpoint_) return;
  checkpoint();
  const auto now = std::chrono::steady_clock::now();
  next_checkpoint_ = now + blocked_pauses * (now - began);
}

std::int64_t Connection::log_bytes() const {
  const std::string store = file();
  std::error_code error;
  const std::uintmax_t size = store.empty() ? 0 : std::filesystem::file_size(store + "-wal", error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

// Other connections make the log long, too, so its file is asked. Waits for nobody: a reader of an
// old state or another writer lets this fail, and it is tried again.
void Connection::truncate_large_log() noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_truncation_ || in_transaction()) return;
  next_truncation_ = now + log_size_pause;
  try {
    if (log_bytes() <= kept_log_bytes) return;
  } catch (const std::exception&) {  // no memory for the name
    return;
  }
  next_truncation_ = now + truncate_pause;
  may_wait_ = false;
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.getHandle(), "main",
                                             SQLITE_CHECKPOINT_TRUNCATE, &pages, &copied);
  may_wait_ = true;
  if (code != SQLITE_OK) return;
  log_pages_ = 0;
  copied_pages_ = 0;
  set_log_blocked(false);
}

void Connection::begin() {
  run("BEGIN IMMEDIATE");
}

void Connection::commit() {
  run("COMMIT");
}

void Connection::rollback() noexcept {
  // After some errors, such as a full disk, SQLite has rolled back already.
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

void Connection::execute(const std::string& sql) {
  const int code = database_.tryExec(sql);
  if (code != SQLITE_OK) throw error(code, sql);
}

std::int64_t Connection::last_id() const {
  return sqlite3_last_insert_rowid(database_.getHandle());
}

std::optional<Connection::FileIdentity> Connection::identity_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{path, status.st_dev, status.st_ino};
}

std::string Connection::file() const {
  const char* const name = sqlite3_db_filename(database_.getHandle(), "main");
  return name == nullptr ? "" : name;
}

// The log and its index, too: what is committed is in the log until it is copied.
void Connection::remember_files() {
  const std::string name = file();
  if (name.empty()) return;
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    if (auto file = identity_of(name + suffix)) files_.push_back(*std::move(file));
  }
}

std::optional<std::string> Connection::moved() const {
  for (const FileIdentity& file : files_) {
    const auto now = identity_of(file.path);
    if (now == file) continue;
    return fmt::format("the file at {} is not the one that is open: it was {}", file.path,
                       now ? "replaced" : "deleted or moved");
  }
  return std::nullopt;
}

std::vector<std::string> Connection::prepared() const {
  std::vector<std::string> texts;
  for (const auto& [sql, statement] : statements_) texts.push_back(sql);
  for (const auto& [address, statement] : hot_statements_) {
    texts.emplace_back(sqlite3_sql(statement.get()));
  }
  return texts;
}

StoreError Connection::error(int code, const std::string& sql) const {
  const int primary = code & 0xff;
  const bool refused = primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN;
  if (refused && mode_ == OpenMode::read_only) {
    return {StoreError::Kind::unavailable,
            fmt::format("cannot read the card store {0}: this user may only read it, and SQLite "
                        "then needs {0}-wal and {0}-shm, which are missing or hidden from this "
                        "user. The daemon makes them when it starts, and so does this command if "
                        "root runs it once",
                        path_)};
  }
  const Meaning meaning = meaning_of(code);
  return {meaning.kind,
          fmt::format("cannot {} the card store {}: {}. {}", reads(sql) ? "read" : "write to",
                      path_, database_.getErrorMsg(), meaning.advice)};
}

}  // namespace iotcard::sqlite
