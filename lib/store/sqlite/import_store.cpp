// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/byte_size.h"
#include "base/lock_list.h"
#include "store/sqlite/file_locks.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

CardImport read_import(Query& query) {
  return {.id = query.integer(), .complete = query.integer() != 0, .options = query.text()};
}

StagedCard read_staged(Query& query) {
  StagedCard card{.line = query.integer(), .iccid = read_iccid(query), .device = {}, .fields = {}};
  DeviceKey device{query.text(), query.text()};
  if (!device.number.empty()) card.device = std::move(device);
  card.fields = query.text();
  return card;
}

// Whoever may write the store may lock, so a new file gets the owner and the mode of the store:
// root's iotcardctl makes it for the service's user, too.
int open_lock_file(const std::string& path, const std::string& store) {
  const int made = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) {
    return errno == EEXIST ? open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
  }
  struct stat of_store {};
  if (stat(store.c_str(), &of_store) != 0) return made;
  // Where this fails, for lack of a right, the file is the caller's alone.
  [[maybe_unused]] bool done =
      geteuid() != 0 || fchown(made, of_store.st_uid, of_store.st_gid) == 0;
  done = fchmod(made, of_store.st_mode & 0666) == 0;
  return made;
}

StoreError failure(const std::string& path) {
  return {StoreError::Kind::unavailable,
          fmt::format("cannot lock {}: {}. See that this user may write the file and its folder",
                      path, std::generic_category().message(errno))};
}

}  // namespace

std::int64_t SqliteImportStore::add_import(const std::string& options) {
  std::int64_t id = 0;
  try {
    in_transaction(connection_, [&] {
      connection_.run("INSERT INTO card_import (complete, options) VALUES (0, ?)", options);
      id = connection_.last_id();
      // Before anybody can see it.
      if (!locks_.acquire(id)) {
        throw StoreError{StoreError::Kind::unavailable,
                         fmt::format("another process holds the lock of import {} of the card "
                                     "store {}. Try again once that has ended",
                                     id, connection_.path())};
      }
    });
  } catch (...) {
    locks_.release(id);
    throw;
  }
  return id;
}

std::vector<CardImport> SqliteImportStore::imports() {
  return connection_.all(read_import,
                         "SELECT id, complete, options FROM card_import WHERE id > 0 ORDER BY id");
}

std::optional<CardImport> SqliteImportStore::claim_import(std::int64_t id) {
  if (!locks_.acquire(id)) return std::nullopt;
  // Read now: whoever had it claimed before may have finished it.
  auto import = connection_.first(read_import,
                                  "SELECT id, complete, options FROM card_import WHERE id = ?", id);
  if (!import) locks_.release(id);
  return import;
}

void SqliteImportStore::release_import(std::int64_t id) noexcept {
  locks_.release(id);
}

bool SqliteImportStore::complete_import(std::int64_t id) {
  return connection_.run("UPDATE card_import SET complete = 1 WHERE id = ?", id) > 0;
}

void SqliteImportStore::remove_import(std::int64_t id) {
  connection_.run("DELETE FROM card_import WHERE id = ?", id);
}

std::optional<StagedCard> SqliteImportStore::stage_card(std::int64_t import,
                                                        const StagedCard& card) {
  const DeviceKey device = card.device.value_or(DeviceKey{});
  const bool staged =
      connection_.run(
          "INSERT INTO card_import_row (import, line, iccid, product, number, fields) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (import, iccid) DO NOTHING",
          import, card.line, card.iccid.text(), device.product, device.number, card.fields) > 0;
  if (staged) return std::nullopt;
  return connection_.first(read_staged,
                           "SELECT line, iccid, product, number, fields FROM card_import_row "
                           "WHERE import = ? AND iccid = ?",
                           import, card.iccid.text());
}

void SqliteImportStore::check_room(std::int64_t import) {
  // A card takes about 750 bytes with its indexes and its entry in the change log, and as much
  // again in the write-ahead log.
  constexpr std::int64_t bytes_of_card = 1800;
  constexpr std::int64_t bytes_at_least = 1 << 20;
  const auto folder = std::filesystem::path{connection_.path()}.parent_path();
  std::error_code error;
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
  if (error) return;
  const std::int64_t free_pages =
      connection_.integer("PRAGMA freelist_count") * connection_.integer("PRAGMA page_size");
  const std::int64_t room = static_cast<std::int64_t>(space.available) + free_pages;
  std::int64_t needed = 0;
  // All of the list are counted first: that is quick, and mostly enough.
  for (const char* const among :
       {"", " AND NOT EXISTS (SELECT 1 FROM card WHERE iccid = r.iccid)"}) {
    const std::string count = "SELECT count(*) FROM card_import_row r WHERE r.import = ?";
    needed = bytes_at_least + connection_.integer(count + among, import) * bytes_of_card;
    if (room >= needed) return;
  }
  throw StoreError{
      StoreError::Kind::unavailable,
      fmt::format("the card store {} needs about {} for the new cards, and its disk has "
                  "{}. Free some space on its disk",
                  connection_.path(), printable_byte_size(needed), printable_byte_size(room))};
}

// As long as a connection is open, SQLite locks a byte of the log's index file, "walformat" 2.3.1.
// Opening that file to ask for the lock would end our own when it is closed: so the list of the
// kernel is read.
bool SqliteImportStore::used_by_others() {
  const std::vector<FileLock> locks = locks_on(connection_.file() + "-shm");
  // Without our own the list does not show what it should; in a container it may leave out those of
  // processes outside.
  return locks.empty() || !lists_all_locks() ||
         std::ranges::any_of(locks, [](const FileLock& lock) { return lock.pid != getpid(); });
}

void SqliteImportStore::use_bulk_memory() {
  connection_.use_bulk_memory();
}

std::vector<StagedCard> SqliteImportStore::staged_cards(std::int64_t import, std::int64_t behind,
                                                        int limit) {
  return connection_.all(read_staged,
                         "SELECT line, iccid, product, number, fields FROM card_import_row "
                         "WHERE import = ? AND line > ? ORDER BY line LIMIT ?",
                         import, behind, limit);
}

// Only rows of 19 characters look for a partner. The index holds all that this reads, except of
// rows that have one.
std::vector<StagedCard> SqliteImportStore::staged_in_two_spellings(std::int64_t import,
                                                                   const std::string& after,
                                                                   int max) {
  return connection_.all(
      read_staged,
      "WITH shorter AS MATERIALIZED (SELECT iccid FROM card_import_row AS r "
      "WHERE import = ?1 AND iccid > ?2 AND length(iccid) = 19 AND EXISTS (SELECT 1 FROM "
      "card_import_row WHERE import = ?1 AND iccid > r.iccid AND iccid < r.iccid || 'G' "
      "AND length(iccid) = 20) ORDER BY iccid LIMIT ?3) "
      "SELECT r.line, r.iccid, r.product, r.number, r.fields FROM shorter CROSS JOIN "
      "card_import_row AS r ON r.import = ?1 AND r.iccid >= shorter.iccid "
      "AND r.iccid < shorter.iccid || 'G' AND length(r.iccid) <= 20 ORDER BY r.iccid",
      import, after, max);
}

void SqliteImportStore::remove_staged_line(std::int64_t import, std::int64_t line) {
  connection_.run("DELETE FROM card_import_row WHERE import = ? AND line = ?", import, line);
}

void SqliteImportStore::remove_staged(std::int64_t import, std::int64_t up_to_line) {
  connection_.run("DELETE FROM card_import_row WHERE import = ? AND line <= ?", import, up_to_line);
}

ImportLocks::~ImportLocks() {
  for (const auto& [import, file] : files_) close(file);
}

bool ImportLocks::acquire(std::int64_t import) {
  if (store_.empty() || files_.contains(import)) return true;
  const std::string path = store_ + ".imports";
  const int file = open_lock_file(path, store_);
  if (file < 0) throw failure(path);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = import;
  lock.l_len = 1;
  if (fcntl(file, F_OFD_SETLK, &lock) == 0) {
    files_.emplace(import, file);
    return true;
  }
  const bool held = errno == EAGAIN || errno == EACCES;
  const StoreError problem = failure(path);
  close(file);
  if (!held) throw problem;
  return false;
}

void ImportLocks::release(std::int64_t import) noexcept {
  const auto found = files_.find(import);
  if (found == files_.end()) return;
  close(found->second);
  files_.erase(found);
}

}  // namespace iotcard::sqlite
