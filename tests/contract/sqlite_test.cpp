// SPDX-License-Identifier: Apache-2.0
// What is true of the SQLite store alone: its file and its migrations. sqlite_plans_test.cpp has
// its query plans.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "contract/sqlite_place.h"
#include "contract/use_everything.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite_store.h"
#include "support/wait.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

std::string contents(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("a file of something else is refused and left as it is") {
  const SqlitePlace place;
  std::ofstream{place.path()} << "iccid,plan\n89860012345678901234,30 MB\n"
                              << std::string(2000, 'x');
  const std::string before = contents(place.path());
  const StoreError error = error_of([&] { open_store(place.url()); });
  CHECK(error.kind() == StoreError::Kind::not_a_store);
  CHECK_THAT(error.what(), Contains(place.path()) && Contains("no SQLite database"));
  CHECK(contents(place.path()) == before);
}

TEST_CASE("a store says that its file was deleted or replaced, and only then") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  append(*store, "here", an_event(device(1)));
  CHECK_FALSE(store->moved());
  open_store(place.url());  // and closed
  CHECK_FALSE(store->moved());

  SECTION("deleted") {
    fs::remove(place.path());
    CHECK_THAT(store->moved().value(), Contains(place.path()) && Contains("was deleted"));
  }
  SECTION("replaced") {
    const SqlitePlace other;
    open_store(other.url());
    fs::rename(other.path(), place.path());
    CHECK_THAT(store->moved().value(), Contains(place.path()) && Contains("was replaced"));
  }
  SECTION("its log is deleted") {
    fs::remove(place.path() + "-wal");
    CHECK_THAT(store->moved().value(), Contains("-wal") && Contains("was deleted"));
  }
  CHECK_FALSE(open_store("sqlite::memory:")->moved());
}

TEST_CASE("a database of another program is refused and left as it is") {
  const SqlitePlace place;
  const char* sql = GENERATE("CREATE TABLE card (iccid TEXT)", "PRAGMA application_id = 7");
  place.execute(sql);
  const std::string before = contents(place.path());
  const StoreError error = error_of([&] { open_store(place.url()); });
  CHECK(error.kind() == StoreError::Kind::not_a_store);
  CHECK_THAT(error.what(), Contains(place.path()) && Contains("no card store"));
  CHECK(contents(place.path()) == before);
}

TEST_CASE("a truncated store is refused as damaged") {
  const SqlitePlace place;
  open_store(place.url())->add_card(a_card(card_one));
  fs::resize_file(place.path(), fs::file_size(place.path()) / 2);
  const StoreError error = error_of([&] {
    const auto store = open_store(place.url());
    use_everything(*store);
  });
  CHECK(error.kind() == StoreError::Kind::not_a_store);
  CHECK_THAT(error.what(), Contains("damaged"));
}

TEST_CASE("an empty file becomes a store") {
  const SqlitePlace place;
  std::ofstream{place.path()}.close();
  CHECK(open_store(place.url())->schema_version() == static_cast<int>(sqlite::migrations().size()));
}

TEST_CASE("a store of a program before the first release is refused and left as it is") {
  SqlitePlace place;
  open_store(place.url());
  place.set_schema_version(0);
  const std::string before = contents(place.path());
  const StoreError error = error_of([&] { open_store(place.url()); });
  CHECK(error.kind() == StoreError::Kind::not_a_store);
  CHECK_THAT(error.what(), Contains(place.path()) && Contains("before the first release"));
  CHECK(contents(place.path()) == before);
}

TEST_CASE("when nothing waits the log is copied into the file and restarted") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  const auto log_bytes = [&] { return fs::file_size(place.path() + "-wal"); };
  constexpr std::size_t size = 100'000;  // 25 pages
  const auto write = [&](int rounds, bool pauses) {
    for (int i = 0; i < rounds; ++i) {
      store->set_intake_dir("test", std::string(size, i % 2 == 0 ? 'a' : 'b'));
      if (pauses) store->checkpoint_if_idle();
    }
  };
  write(200, true);
  CHECK(log_bytes() < 2 << 20);
  write(200, false);
  CHECK(log_bytes() > 8 << 20);
  SECTION("as far as nobody reads it") {
    const auto reader = open_store(place.url());
    reader->begin();
    reader->rollback();
    store->checkpoint_if_idle();
  }
  SECTION("another one writes too") {
    open_store(place.url())->set_intake_dir("other", std::string(size, 'c'));
    store->checkpoint_if_idle();
  }
  write(20, true);
  CHECK(eventually([&] {
    store->checkpoint_if_idle();
    return log_bytes() < 2 << 20;
  }));
  CHECK(store->intake_dir("test").size() == size);
}

TEST_CASE("a missing folder and a folder in the file's place are named") {
  const SqlitePlace place;
  const StoreError missing =
      error_of([&] { open_store("sqlite:" + place.folder() + "/no/cards.db"); });
  CHECK(missing.kind() == StoreError::Kind::unavailable);
  CHECK_THAT(missing.what(), Contains("there is no folder " + place.folder() + "/no"));
  const StoreError folder = error_of([&] { open_store("sqlite:" + place.folder()); });
  CHECK(folder.kind() == StoreError::Kind::not_a_store);
}

TEST_CASE("a store that must exist is not made") {
  const SqlitePlace place;
  const StoreError error = error_of([&] { open_existing_store(place.url()); });
  CHECK(error.kind() == StoreError::Kind::unavailable);
  CHECK_THAT(error.what(), Contains("there is no such file. Put the file back"));
  CHECK_FALSE(fs::exists(place.path()));
  open_store(place.url());
  CHECK(open_existing_store(place.url())->count_cards({}) == 0);
}

TEST_CASE("whoever may write the store may claim its imports") {
  const SqlitePlace place;
  const std::string locks = place.path() + ".imports";
  const auto mode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                    fs::perms::group_write;
  const auto store = open_store(place.url());
  fs::permissions(place.path(), mode);
  SECTION("by a file with the mode of the store") {
    store->add_import("");
    CHECK(fs::status(locks).permissions() == mode);
    CHECK(fs::file_size(locks) == 0);
  }
  SECTION("and with its owner, if root makes it") {
    if (geteuid() != 0) return;
    REQUIRE(chown(place.path().c_str(), 1234, 1235) == 0);
    store->add_import("");
    struct stat made {};
    REQUIRE(stat(locks.c_str(), &made) == 0);
    CHECK(made.st_uid == 1234);
    CHECK(made.st_gid == 1235);
  }
  SECTION("but not through a link to a file elsewhere") {
    fs::create_symlink(place.folder() + "/elsewhere", locks);
    CHECK_THAT(error_of([&] { store->add_import(""); }).what(), Contains("cannot lock " + locks));
    CHECK(store->imports().empty());
    CHECK_FALSE(fs::exists(place.folder() + "/elsewhere"));
  }
}

TEST_CASE("a value that this program never writes is reported with its column") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  store->add_card(a_card(card_one));
  const auto [column, value] = GENERATE(table<std::string, std::string>(
      {{"status", "lost"}, {"expires_at", "-1"}, {"abnormal", "odd"}, {"usage_scope", ""}}));
  place.execute(fmt::format("UPDATE card SET {} = '{}'", column, value));
  const StoreError error = error_of([&] { store->find_card(iccid(card_one)); });
  CHECK(error.kind() == StoreError::Kind::not_a_store);
  CHECK_THAT(error.what(), Contains(column) && Contains("\"" + value + "\""));
}

TEST_CASE("a store that another program locks is unavailable after the busy timeout") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  SQLite::Database holder{place.path(), SQLite::OPEN_READWRITE};
  holder.exec("BEGIN IMMEDIATE");
  const StoreError error = error_of([&] { store->add_card(a_card(card_one)); });
  CHECK(error.kind() == StoreError::Kind::unavailable);
  CHECK_THAT(error.what(), Contains("cannot write to the card store " + place.path()));
  holder.exec("COMMIT");
  CHECK(store->add_card(a_card(card_one)));
}

TEST_CASE("a store on a full disk is unavailable, and works again once there is space") {
  const SqlitePlace place;
  const auto store = open_store(place.url());
  store->add_card(a_card(card_one));
  const std::string large(100'000, 'x');
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{600'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  const StoreError error = error_of([&] {
    Transaction transaction{*store};
    for (int i = 0; i < 10; ++i) {
      save_report(*store, device(i), {"t", large, at(1), {}, Outcome::no_card});
    }
    transaction.commit();
  });
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(error.kind() == StoreError::Kind::unavailable);
  CHECK(store->count_devices() == 0);
  save_report(*store, device(1), {"t", large, at(1), {}, Outcome::no_card});
  CHECK(store->count_devices() == 1);
}

TEST_CASE("several openers at once make one store") {
  const SqlitePlace place;
  std::atomic<int> failures = 0;
  std::vector<std::string> ids(8);
  std::vector<std::thread> openers;
  for (std::string& id : ids) {
    openers.emplace_back([&] {
      try {
        const auto store = open_store(place.url());
        append(*store, "here", an_event(device(1)));
        id = store->id();
      } catch (const StoreError& error) {
        ++failures;
        id = error.what();
      }
    });
  }
  for (std::thread& opener : openers) opener.join();
  CAPTURE(ids);
  CHECK(failures == 0);
  CHECK(std::count(ids.begin(), ids.end(), ids[0]) == 8);
  CHECK(open_store(place.url())->count_outbox("here") == 8);
}

}  // namespace iotcard
