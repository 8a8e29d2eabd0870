// SPDX-License-Identifier: Apache-2.0
// Faults of the intake journal: its disk full or read-only, torn, flipped or missing pieces.
#include <algorithm>
#include <filesystem>

#include "ingest/segment_files.h"
#include "store/store.h"
#include "support/notify_socket.h"
#include "support/small_disk.h"
#include "system/watched_broker.h"

using namespace iotcard;
namespace fs = std::filesystem;

TEST_CASE("while the journal's disk is full the broker keeps the reports, and none is lost") {
  if (!may_mount()) return;
  WatchedBroker world;
  const NotifySocket systemd{world.dir};
  Daemon daemon{
      world.dir, world.broker.url(), {.env = {{"NOTIFY_SOCKET", systemd.path()}}, .start = false}};
  SmallDisk disk{daemon.intake_dir(), 40 << 20};  // for two segments and a bit
  daemon.start();
  REQUIRE(world.wait_for_status("online"));
  disk.fill();
  const std::string padding(40'000, 'x');
  int reports = 0;
  REQUIRE(eventually([&] {
    for (int i = 0; i < 20; ++i) {
      world.report("D" + std::to_string(reports++),
                   R"({"iccid":"89860617060065258667","x":")" + padding + "\"}");
    }
    return world.status().find("degraded") != std::string::npos;
  }));
  CHECK(world.status().find("make room on that file system") != std::string::npos);
  CHECK(systemd.wait_for_status("degraded: "));
  for (int i = 0; i < 300; ++i) {
    world.report("D" + std::to_string(reports++), documented_payload);
  }
  disk.empty();
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->count_devices() == reports; }));
  for (int i = 0; i < reports; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/D" + std::to_string(i)));
  }
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a damaged journal costs the damaged reports only, and the log says so") {
  constexpr int reports = 60;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"intake", "max_backlog = \"1MiB\""}}}};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();                        // so that all of them wait in the journal
  const std::string padding(6000, 'x');  // three segments of them
  for (int i = 0; i < reports; ++i) {
    world.report("D" + std::to_string(i),
                 R"({"iccid":"89860617060065258667","x":")" + padding + "\"}");
  }
  REQUIRE(eventually([&] { return list_segments(daemon.intake_dir()).size() >= 4; }));
  // All are acknowledged to the broker: it will not send them again.
  REQUIRE(eventually([&] {
    std::uint64_t bytes = 0;
    for (const std::uint64_t segment : list_segments(daemon.intake_dir())) {
      bytes += segment_size(daemon.intake_dir(), segment);
    }
    return bytes >= reports * padding.size();
  }));
  world.events->settle();
  daemon.kill();
  store->rollback();

  const auto segments = list_segments(daemon.intake_dir());
  const std::string first = segment_path(daemon.intake_dir(), segments[0]);
  const std::string second = segment_path(daemon.intake_dir(), segments[1]);
  std::string said;
  int lost_at_most = 0;
  SECTION("a flipped bit") {
    std::string bytes = read_file(first);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    write_file(first, bytes);
    said = "skipped";
    lost_at_most = 1;
  }
  SECTION("a torn tail") {
    const auto newest = std::find_if(
        segments.rbegin(), segments.rend(),
        [&](std::uint64_t segment) { return segment_size(daemon.intake_dir(), segment) > 0; });
    const std::string path = segment_path(daemon.intake_dir(), *newest);
    fs::resize_file(path, fs::file_size(path) - 1000);
    said = "skipped";
    lost_at_most = 1;
  }
  SECTION("a missing segment") {
    fs::remove(second);
    said = "is missing; any reports in it are lost";
    lost_at_most = reports - 2;
  }
  daemon.start();
  REQUIRE(world.wait_for_status("online"));
  world.report("AFTER", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/AFTER"));
  CHECK(daemon.log().find(said) != std::string::npos);
  const auto applied = store->count_devices() - 1;
  CHECK(applied < reports);
  CHECK(applied >= reports - lost_at_most);
  CHECK(store->find_device({"1", "D0"}));
}

TEST_CASE("each step of making a segment may fail once, and the daemon continues by itself") {
  WatchedBroker world;
  const std::string fail_once = world.dir.file("fail_once");
  const std::string intake = world.dir.file("intake");
  Daemon daemon{world.dir,
                world.broker.url(),
                {.toml = {{"intake", "max_backlog = \"1MiB\""}},  // segments of 128 KiB
                 .intake_dir = intake,
                 .env = {{"LD_PRELOAD", IOTCARD_FAILING_CALLS},
                         {"FAIL_BELOW", intake},
                         {"FAIL_ONCE", fail_once},
                         {"ASAN_OPTIONS", "verify_asan_link_order=0"}}}};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  const std::string padding(6000, 'x');
  int reports = 0;
  for (const char* const call :
       {"create", "open-folder", "reserve", "sync-folder", "append", "sync", "truncate"}) {
    CAPTURE(call);
    write_file(fail_once, call);
    REQUIRE(eventually([&] {
      for (int i = 0; i < 10; ++i) {
        world.report("D" + std::to_string(reports++),
                     R"({"iccid":"89860617060065258667","x":")" + padding + "\"}");
      }
      world.events->settle();
      return !fs::exists(fail_once);
    }));
    REQUIRE(eventually([&] { return store->count_devices() == reports; }));
    REQUIRE(world.wait_for_status("online"));
  }
  CHECK(daemon.log().find("File exists") == std::string::npos);
  CHECK(daemon.log().find("missing") == std::string::npos);
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a change of the intake folder loses no report, and a moved folder keeps its position") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  world.report("BEFORE", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/BEFORE"));
  const auto store = open_store(daemon.store_url());
  store->begin();
  // What is behind a report in the journal came after its acknowledgement: it is not sent again.
  auto waiting = bytes_behind(daemon.intake_dir(), store->journal_position("iotcardd"));
  for (const char* number : {"WAITS", "BEHIND"}) {
    const auto before = waiting;
    world.report(number, documented_payload);
    REQUIRE(eventually([&] {
      waiting = bytes_behind(daemon.intake_dir(), store->journal_position("iotcardd"));
      return waiting > before;
    }));
  }
  daemon.kill();
  store->rollback();

  const std::string other = world.dir.file("other");
  daemon.write_config({{"intake", ""}}, other);
  daemon.start();
  CHECK(daemon.process().wait() == 3);  // the configuration names the wrong folder
  CHECK(daemon.log().find("bytes of reports that were acknowledged wait there") !=
        std::string::npos);

  SECTION("moved, with its files") {
    fs::rename(daemon.intake_dir(), other);
    daemon.start();
    CHECK(world.wait_for("mismatch/card_unknown/1/WAITS"));
  }
  SECTION("after it is empty") {
    daemon.write_config({});
    daemon.start();
    REQUIRE(world.wait_for("mismatch/card_unknown/1/WAITS"));
    CHECK(daemon.terminate() == 0);
    for (const std::string& dir : {other, daemon.intake_dir(), other}) {
      daemon.write_config({}, dir);
      daemon.start();
      daemon.wait_online();
      world.report("D" + dir.substr(dir.rfind('/') + 1), documented_payload);
      CHECK(world.wait_for("mismatch/card_unknown/1/D" + dir.substr(dir.rfind('/') + 1)));
      CHECK(daemon.terminate() == 0);
    }
    CHECK(store->find_device({"1", "Dother"})->reports == 2);
  }
  CHECK(daemon.log().find("is missing") == std::string::npos);
  CHECK(store->find_device({"1", "BEFORE"})->reports == 1);
  CHECK(store->find_device({"1", "WAITS"})->reports == 1);
}
