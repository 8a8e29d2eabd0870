// SPDX-License-Identifier: Apache-2.0
// A report that cannot be made safe is held, the status says why, and the daemon continues by
// itself.
#include <sys/resource.h>

#include "store/store.h"
#include "system/watched_broker.h"

using namespace iotcard;

TEST_CASE("while the store is locked, reports wait in the journal and the status says why") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for_status("degraded"));
  CHECK(world.status().find("cards.db") != std::string::npos);
  store->rollback();
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  CHECK(world.wait_for_status("online"));
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("at the size limit of a file the daemon holds, and continues when the limit is raised") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  const auto limit_files = [&](rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    REQUIRE(prlimit(daemon.process().pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
  };
  limit_files(64 << 10);
  int reports = 0;
  // The store comes to its limit first, then the journal.
  REQUIRE(eventually([&] {
    world.report("D" + std::to_string(reports++), documented_payload);
    world.events->settle();
    return !daemon.process().running() || world.status().find("degraded") != std::string::npos;
  }));
  REQUIRE(daemon.process().running());
  while (reports < 300) world.report("D" + std::to_string(reports++), documented_payload);
  REQUIRE(daemon.wait_for_log("raise the limit on the size of files"));
  limit_files(RLIM_INFINITY);
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->count_devices() == reports; }));
  CHECK(daemon.terminate() == 0);
}

#ifndef __SANITIZE_THREAD__  // whose library needs a file
TEST_CASE("a file at its size limit makes iotcardctl fail, not die") {
  const TempDir dir;
  const std::string url = "sqlite:" + dir.file("cards.db");
  open_store(url)->add_card(Card{*Iccid::from_canonical(documented_iccid)});
  Process limited{
      {.command = {"sh", "-c",
                   "ulimit -f 0; exec " IOTCARDCTL " --store " + url + " card export -"},
       .output = dir.file("export"),
       .env = {},
       .input = {}}};
  CHECK(limited.wait() == 1);
}
#endif

TEST_CASE("at the limit of the backlog the broker keeps further reports, and none is lost") {
  constexpr int reports = 2000;
  const std::string padding(700, 'x');  // so that they are more than the backlog may be
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"intake", "max_backlog = \"1MiB\""}}}};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();
  for (int i = 0; i < reports; ++i) {
    world.report("B" + std::to_string(i),
                 R"({"iccid":"89860617060065258667","x":")" + padding + "\"}");
  }
  REQUIRE(world.wait_for_status("intake.max_backlog"));
  store->rollback();
  REQUIRE(eventually([&] { return store->count_devices() == reports; }));
  CHECK(world.wait_for_status("online"));
  for (int i = 0; i < reports; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/B" + std::to_string(i)));
  }
}
