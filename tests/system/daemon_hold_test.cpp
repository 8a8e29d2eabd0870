// SPDX-License-Identifier: Apache-2.0
// What cannot be made safe is held, said aloud, and taken up again without anybody's help.
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

TEST_CASE("a backlog at its limit leaves further reports with the broker, and none is lost") {
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
