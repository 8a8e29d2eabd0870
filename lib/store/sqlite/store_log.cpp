// SPDX-License-Identifier: Apache-2.0
// The write-ahead log: HealthStore's functions about it, and the note in table meta.
#include "store/sqlite/store_log.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "store/sqlite/file_locks.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

constexpr const char* blocked_since = "log_blocked_since";
constexpr std::chrono::seconds short_read{1};  // such as a list: not worth a note

}  // namespace

void note_log_state(Connection& connection) noexcept {
  const Connection::LogState& log = connection.log_state();
  if (!log.known || connection.in_transaction()) return;
  try {
    const bool noted = !read_meta(connection, blocked_since).value_or("").empty();
    if (noted == log.blocked_since.has_value()) return;
    if (log.blocked_since && std::chrono::system_clock::now() < *log.blocked_since + short_read) {
      return;
    }
    in_transaction(connection, [&] {
      write_meta(connection, blocked_since,
                 log.blocked_since ? to_rfc3339(*log.blocked_since) : "");
    });
  } catch (const StoreError&) {
    // The next call tries it again.
  }
}

StoreLog SqliteHealthStore::log_state() {
  StoreLog log{.bytes = connection_.log_bytes(), .blocked_since = {}};
  // Without a log there is nothing to be reset: the last connection that was closed has copied it.
  if (log.bytes > 0)
    log.blocked_since = parse_time(read_meta(connection_, blocked_since).value_or(""));
  return log;
}

// As long as a connection reads, SQLite locks one of five bytes of the log's index file:
// "walformat" 2.3.1.
std::vector<std::int64_t> SqliteHealthStore::log_readers() {
  constexpr std::int64_t first_reader = 123;
  constexpr std::int64_t last_reader = 127;
  std::vector<std::int64_t> pids;
  const std::string store = connection_.file();
  if (store.empty()) return pids;
  for (const FileLock& lock : locks_on(store + "-shm")) {
    const bool reads = lock.first_byte >= first_reader && lock.first_byte <= last_reader;
    if (!reads || lock.pid == getpid() || std::ranges::count(pids, lock.pid) > 0) continue;
    pids.push_back(lock.pid);
  }
  return pids;
}

}  // namespace iotcard::sqlite
