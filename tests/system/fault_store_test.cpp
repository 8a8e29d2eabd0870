// SPDX-License-Identifier: Apache-2.0
// Faults of the card store: disk full, locked for long, read-only, truncated, deleted, replaced,
// not a store, written by a newer program. The daemon holds, says why, and loses no report.
#include <algorithm>
#include <filesystem>

#include "ingest/segment_files.h"
#include "store/store.h"
#include "support/http_client.h"
#include "support/notify_socket.h"
#include "support/small_disk.h"
#include "system/watched_broker.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

std::string store_path(const Daemon& daemon) {
  return daemon.store_url().substr(std::string{"sqlite:"}.size());
}

// Starts the daemon and returns what it says when it ends by itself.
std::string refused(Daemon& daemon) {
  daemon.start();
  const auto status = daemon.process().wait();
  CHECK(status == 1);
  return daemon.process().err();
}

}  // namespace

TEST_CASE("while the store's disk is full the status says so, and no report is lost") {
  if (!may_mount()) return;
  WatchedBroker world;
  SmallDisk disk{world.dir.file("disk"), 64 << 20};
  const NotifySocket systemd{world.dir};
  Daemon daemon{
      world.dir,
      world.broker.url(),
      {.store_url = "sqlite:" + disk.file("cards.db"), .env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  REQUIRE(world.wait_for_status("online"));
  disk.fill(128 << 10);
  int reports = 0;
  REQUIRE(eventually([&] {
    for (int i = 0; i < 20; ++i) world.report("D" + std::to_string(reports++), documented_payload);
    return world.status().find("degraded") != std::string::npos;
  }));
  CHECK(world.status().find("Free some space") != std::string::npos);
  CHECK(systemd.wait_for_status("degraded: "));
  for (int i = 0; i < 200; ++i) world.report("D" + std::to_string(reports++), documented_payload);
  CHECK(daemon.times_in_log("holding reports") == 1);

  disk.empty();
  REQUIRE(world.wait_for_status("online"));
  CHECK(systemd.wait_for_status("connected to "));
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->count_devices() == reports; }));
  for (int i = 0; i < reports; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/D" + std::to_string(i)));
  }
  CHECK(daemon.times_in_log("the store takes reports again") == 1);
}

TEST_CASE("while another process locks the store for 30 s reports are held, and none is lost") {
  WatchedBroker world;
  const NotifySocket systemd{world.dir};
  Daemon daemon{world.dir, world.broker.url(), {.env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  int reports = 0;
  while (std::chrono::steady_clock::now() < until) {
    world.report("D" + std::to_string(reports++), documented_payload);
    world.events->settle();
    eventually(std::chrono::milliseconds{50}, [&] { return !daemon.process().running(); });
  }
  CHECK(daemon.process().running());
  CHECK(world.status().find("Another program holds it") != std::string::npos);
  CHECK(systemd.status().find("degraded: ") == 0);
  CHECK(daemon.times_in_log("holding reports") == 1);
  store->rollback();
  REQUIRE(world.wait_for_status("online"));
  REQUIRE(eventually([&] { return store->count_devices() == reports; }));
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a store that cannot be used is refused with a reason, and its file is not changed") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  world.report("BEFORE", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/BEFORE"));
  CHECK(daemon.terminate() == 0);
  const std::string path = store_path(daemon);
  const std::string good = read_file(path);
  world.report("MEANWHILE", documented_payload);

  SECTION("truncated") {
    fs::resize_file(path, good.size() / 2);
    CHECK(refused(daemon).find(path) != std::string::npos);
    CHECK(daemon.process().err().find("restore a backup") != std::string::npos);
    CHECK(fs::file_size(path) == good.size() / 2);
  }
  SECTION("not a database") {
    write_file(path, std::string(good.size(), 'x'));
    CHECK(refused(daemon).find("no SQLite database") != std::string::npos);
    CHECK(read_file(path) == std::string(good.size(), 'x'));
  }
  SECTION("another program's database") {
    fs::remove(path);
    Process other{{.command = {"sqlite3", path, "CREATE TABLE t (x); PRAGMA user_version = 7"},
                   .output = world.dir.file("sqlite3"),
                   .env = {},
                   .input = {}}};
    REQUIRE(other.wait() == 0);
    CHECK(refused(daemon).find("another program made it") != std::string::npos);
  }
  SECTION("of a newer program") {
    Process newer{{.command = {"sqlite3", path, "PRAGMA user_version = 999"},
                   .output = world.dir.file("sqlite3"),
                   .env = {},
                   .input = {}}};
    REQUIRE(newer.wait() == 0);
    CHECK(refused(daemon).find("a newer program wrote it") != std::string::npos);
  }
  SECTION("in a folder that is not there") {
    fs::rename(path, path + ".away");
    Daemon elsewhere{world.dir,
                     world.broker.url(),
                     {.store_url = "sqlite:" + world.dir.file("none/cards.db"), .start = false}};
    CHECK(refused(elsewhere).find("there is no folder") != std::string::npos);
    daemon.write_config({});  // both have the same file
  }
  // Mended: the broker has kept what came meanwhile.
  for (const char* const suffix : {"", "-wal", "-shm", ".away"}) fs::remove(path + suffix);
  write_file(path, good);
  daemon.start();
  CHECK(world.wait_for("mismatch/card_unknown/1/MEANWHILE"));
}

TEST_CASE("a store on a read-only file system is refused with a reason") {
  if (!may_mount()) return;
  WatchedBroker world;
  SmallDisk disk{world.dir.file("disk"), 8 << 20};
  Daemon daemon{world.dir, world.broker.url(), {.store_url = "sqlite:" + disk.file("cards.db")}};
  daemon.wait_online();
  CHECK(daemon.terminate() == 0);
  world.report("MEANWHILE", documented_payload);
  disk.set_read_only(true);
  CHECK(refused(daemon).find("its file system is read-only. Mount it") != std::string::npos);
  disk.set_read_only(false);
  daemon.start();
  CHECK(world.wait_for("mismatch/card_unknown/1/MEANWHILE"));
}

TEST_CASE(
    "if the store is truncated under the daemon, reports are held until a backup is restored") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  for (int i = 0; i < 500; ++i) world.report("B" + std::to_string(i), documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/B499"));
  CHECK(daemon.terminate() == 0);
  const std::string path = store_path(daemon);
  const std::string backup = read_file(path);
  daemon.start();
  daemon.wait_online();
  fs::resize_file(path, 4096);
  int reports = 0;
  // Pages that it has in its memory serve for a while.
  REQUIRE(eventually([&] {
    for (int i = 0; i < 20; ++i) world.report("D" + std::to_string(reports++), documented_payload);
    world.events->settle();
    return world.status().find("degraded") != std::string::npos;
  }));
  CHECK(world.status().find("restore a backup") != std::string::npos);
  CHECK(daemon.times_in_log("holding reports") == 1);
  CHECK(daemon.terminate() == 0);
  for (const char* const suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  write_file(path, backup);
  daemon.start();
  REQUIRE(world.wait_for_status("online"));
  // The journal has what the damaged store did not take; what it did take went with it, and only
  // the events are left of that.
  const auto store = open_store(daemon.store_url());
  world.report("LAST", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/LAST"));
  for (int i = 0; i < reports; ++i) {
    const std::string number = "D" + std::to_string(i);
    CHECK(
        (store->find_device({"1", number}) || world.wait_for("mismatch/card_unknown/1/" + number)));
  }
}

TEST_CASE("a store file that is deleted or replaced holds the daemon, and no report is lost") {
  WatchedBroker world;
  Daemon daemon{
      world.dir,
      world.broker.url(),
      {.toml = {{"intake", "max_backlog = \"8MiB\""}}, .api = true}};  // segments of 1 MiB
  REQUIRE(world.wait_for_status("online"));
  const std::string path = store_path(daemon);
  const std::string copy = world.dir.file("copy.db");
  int reports = 0;
  const auto report_some = [&](std::size_t padding = 0) {
    for (int i = 0; i < 50; ++i) {
      world.report("D" + std::to_string(reports++), documented_payload + std::string(padding, ' '));
    }
    world.events->settle();
  };
  constexpr std::size_t fill_segment = 25'000;
  report_some();
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D0"));

  const std::string aside = world.dir.file("aside.db");
  const auto back_up = [&] {
    Process backup{{.command = {"sqlite3", path, "VACUUM INTO '" + copy + "'"},
                    .output = world.dir.file("sqlite3"),
                    .env = {},
                    .input = {}}};
    report_some();
    REQUIRE(backup.wait() == 0);
    report_some();
  };
  bool restart = true;
  SECTION("deleted") {
    report_some();
    for (const char* const suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  }
  SECTION("replaced by a copy") {
    back_up();
    for (const char* const suffix : {"-wal", "-shm"}) fs::remove(path + suffix);
    fs::rename(copy, path);
  }
  SECTION("moved away and put back") {
    fs::rename(path, aside);
    restart = false;
  }
  SECTION("replaced beside its log, and put back") {
    back_up();
    fs::rename(path, aside);
    fs::rename(copy, path);
    restart = false;
  }
  const auto segments = [&] { return list_segments(daemon.intake_dir()); };
  const auto current = segments().back();
  report_some(fill_segment);
  REQUIRE(eventually([&] {
    report_some();
    return world.status().find("degraded") != std::string::npos;
  }));
  // What was applied to the wrong file meanwhile is still in the journal.
  CHECK(segments().front() <= current);
  CHECK(segments().back() > current);
  CHECK(world.status().find("Put the file back, or restart the daemon") != std::string::npos);
  // Nobody opens the other file: SQLite would apply the log to it.
  CHECK(http_post(daemon.api_port(), "/card", R"({"iccid":"89860617060065258667"})").status == 503);
  report_some();
  if (restart) {
    CHECK(daemon.terminate() == 0);
    daemon.start();
  } else {
    fs::rename(aside, path);
  }
  REQUIRE(world.wait_for_status("online"));
  CHECK(http_post(daemon.api_port(), "/card", R"({"iccid":"89860617060065258667"})").status == 201);
  const auto store = open_store(daemon.store_url());
  CHECK(eventually([&] { return store->count_devices() == reports; }));
  CHECK(daemon.times_in_log("holding reports") == 1);
}
