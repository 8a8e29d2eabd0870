// SPDX-License-Identifier: Apache-2.0
// A reader of an old state keeps SQLite's write-ahead log from being reset.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "contract/sqlite_place.h"
#include "support/wait.h"

namespace iotcard {
namespace {

void write_some(Store& store, int device_number) {
  Transaction transaction{store};
  for (int i = 0; i < 40; ++i) {
    save_report(store, device(device_number + i),
                {"t", std::string(40'000, 'x'), at(1), {}, Outcome::no_card});
  }
  transaction.commit();
}

// Reads the store in a process of its own until it is told to end.
class ReadingProcess {
 public:
  explicit ReadingProcess(const std::string& path) {
    int ready[2];
    int end[2];
    REQUIRE(pipe(ready) == 0);
    REQUIRE(pipe(end) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    char byte = 0;
    if (pid_ == 0) {
      close(end[1]);
      SQLite::Database database{path, SQLite::OPEN_READONLY};
      SQLite::Statement statement{database, "SELECT id FROM device"};
      database.tryExec("BEGIN");
      statement.executeStep();
      [[maybe_unused]] ssize_t done = write(ready[1], "r", 1);
      done = read(end[0], &byte, 1);
      _exit(0);
    }
    close(ready[1]);
    close(end[0]);
    end_ = end[1];
    REQUIRE(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
  }
  ~ReadingProcess() { stop(); }
  ReadingProcess(const ReadingProcess&) = delete;
  ReadingProcess& operator=(const ReadingProcess&) = delete;

  pid_t pid() const { return pid_; }
  void stop() {
    if (end_ < 0) return;
    close(end_);
    end_ = -1;
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
  int end_ = -1;
};

bool becomes_blocked(Store& store, Store& watcher, bool blocked) {
  return eventually([&] {
    store.checkpoint_if_idle();
    return watcher.log_state().blocked_since.has_value() == blocked;
  });
}

}  // namespace

TEST_CASE("since when a reader keeps the log from being reset is noted, and by which process") {
  const SqlitePlace place;
  open_store(place.url());
  const auto before = std::chrono::system_clock::now() - std::chrono::milliseconds{1};
  ReadingProcess reader{place.path()};  // before this process opens the file
  const auto store = open_store(place.url());
  const auto watcher = open_store_to_read(place.url());
  write_some(*store, 0);
  store->checkpoint_if_idle();
  // What holds for less than a second is not worth a note.
  CHECK_FALSE(watcher->log_state().blocked_since);
  REQUIRE(becomes_blocked(*store, *watcher, true));
  const StoreLog log = watcher->log_state();
  CHECK(*log.blocked_since >= before);
  CHECK(log.bytes > 1 << 20);
  CHECK(log.bytes == static_cast<std::int64_t>(std::filesystem::file_size(place.path() + "-wal")));
  CHECK(watcher->log_readers() == std::vector<std::int64_t>{reader.pid()});

  write_some(*store, 100);
  store->checkpoint_if_idle();
  CHECK(watcher->log_state().blocked_since == log.blocked_since);
  CHECK(watcher->log_state().bytes > log.bytes);

  reader.stop();
  REQUIRE(becomes_blocked(*store, *watcher, false));
  CHECK(watcher->log_readers().empty());
  const std::int64_t longest = watcher->log_state().bytes;
  write_some(*store, 200);
  CHECK(watcher->log_state().bytes == longest);  // the log is written from its beginning again
}

TEST_CASE("a note of a process that ended is deleted by the next one that finds a young log") {
  const SqlitePlace place;
  {
    const auto store = open_store(place.url());
    place.execute("INSERT INTO meta VALUES ('log_blocked_since', '2026-11-23T00:00:00.000Z')");
    CHECK(store->log_state().blocked_since);
    store->add_card(a_card(card_one));
    store->checkpoint_if_idle();
    CHECK_FALSE(store->log_state().blocked_since);
  }
}

// Returns whether the log's file becomes shorter than the one of a large change.
bool is_truncated(Store& store, Store& watcher) {
  return eventually([&] {
    store.checkpoint_if_idle();
    return watcher.log_state().bytes < 1 << 20;
  });
}

TEST_CASE("after a large change of another connection the log is truncated when nothing waits") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  const auto other = open_store(place.url());
  const auto watcher = open_store_to_read(place.url());
  {
    Transaction transaction{*other};
    for (int i = 0; i < 300; ++i) {
      save_report(*other, device(i), {"t", std::string(40'000, 'x'), at(1), {}, Outcome::no_card});
    }
    transaction.commit();
  }
  REQUIRE(watcher->log_state().bytes > 9 << 20);
  CHECK(is_truncated(*store, *watcher));
  CHECK(watcher->count_devices() == 300);
}

TEST_CASE("after a large change that failed the log is truncated when nothing waits") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  const auto watcher = open_store_to_read(place.url());
  {
    const auto other = open_store(place.url());
    Transaction transaction{*other};  // more than its cache holds, so that it is written
    for (int i = 0; i < 1500; ++i) {
      save_report(*other, device(i), {"t", std::string(40'000, 'x'), at(1), {}, Outcome::no_card});
    }
  }
  REQUIRE(watcher->log_state().bytes > 9 << 20);
  CHECK(is_truncated(*store, *watcher));
  CHECK(watcher->count_devices() == 0);
}

TEST_CASE("a log of ordinary length keeps its file, and a reader or writer delays nobody") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  write_some(*store, 0);
  const std::int64_t before = store->log_state().bytes;
  REQUIRE(before > 1 << 20);
  store->checkpoint_if_idle();
  CHECK(store->log_state().bytes == before);

  const auto other = open_store(place.url());
  {
    Transaction transaction{*other};
    for (int i = 0; i < 300; ++i) {
      save_report(*other, device(i), {"t", std::string(40'000, 'x'), at(1), {}, Outcome::no_card});
    }
    transaction.commit();
  }
  other->begin();
  const auto began = std::chrono::steady_clock::now();
  store->checkpoint_if_idle();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{3});  // not its 5 s
  CHECK(store->log_state().bytes > 9 << 20);
  other->rollback();
}

}  // namespace iotcard
