// SPDX-License-Identifier: Apache-2.0
// The power fails: all that was not synced is forgotten. With intake.sync = "each" every report
// that the broker was told has arrived is found again; the other modes promise less, and one of
// them shows that these tests can fail.
#include <filesystem>

#include "store/store.h"
#include "support/power_cut.h"
#include "support/tcp_relay.h"
#include "system/watched_broker.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

constexpr int puback_packet = 4;

struct PoweredDaemon {
  explicit PoweredDaemon(const std::string& sync)
      : power(world.dir.file("data"), world.dir.file("synced")),
        relay(world.broker.port()),
        daemon(world.dir, relay.url(),
               {.store_url = "sqlite:" + world.dir.file("data/cards.db"),
                .toml = {{"intake", "sync = \"" + sync + "\""}},
                .intake_dir = world.dir.file("data/intake"),
                .env = power.env()}) {
    daemon.wait_online();
  }

  // Reports that are in the journal and acknowledged, and not in the store: it is locked. Returns
  // when the last acknowledgement has been sent.
  void journal(int from, int to) {
    const std::size_t before = count_packets(relay.sent(), puback_packet);
    for (int i = from; i < to; ++i) world.report("D" + std::to_string(i), documented_payload);
    REQUIRE(eventually([&] {
      return count_packets(relay.sent(), puback_packet) >=
             before + static_cast<std::size_t>(to - from);
    }));
    // The broker has taken them: none of these will be delivered again.
    world.events->settle();
  }

  // The lock goes once nobody can apply anything any more.
  void fail_power(std::unique_ptr<Store> locked = nullptr) {
    daemon.kill();
    if (locked) locked->rollback();
    locked.reset();
    power.strike();
  }

  std::int64_t found_again() {
    daemon.start();
    daemon.wait_online();
    world.report("LAST", documented_payload);
    REQUIRE(world.wait_for("mismatch/card_unknown/1/LAST"));
    return open_store(daemon.store_url())->count_devices() - 1;
  }

  WatchedBroker world;
  PowerCut power;
  TcpRelay relay;
  Daemon daemon;
};

}  // namespace

TEST_CASE("sync each: a power cut loses no report that was acknowledged") {
  constexpr int reports = 150;
  PoweredDaemon powered{"each"};
  auto store = open_store(powered.daemon.store_url());
  store->begin();
  powered.journal(0, reports);
  powered.fail_power(std::move(store));
  CHECK(powered.found_again() == reports);
}

TEST_CASE("sync none: a power cut loses what was not written, so the test above can fail") {
  PoweredDaemon powered{"none"};
  auto store = open_store(powered.daemon.store_url());
  store->begin();
  powered.journal(0, 50);
  powered.fail_power(std::move(store));
  CHECK(powered.found_again() == 0);
}

TEST_CASE("sync batch: a power cut loses at most what came within the last 100 ms") {
  PoweredDaemon powered{"batch"};
  auto store = open_store(powered.daemon.store_url());
  store->begin();
  powered.journal(0, 50);
  const auto synced_within = std::chrono::seconds{5};  // 100 ms, on a busy machine
  REQUIRE(eventually(synced_within, [&] {
    for (const auto& entry : fs::directory_iterator{powered.world.dir.file("synced/content")}) {
      if (read_file(entry.path()).find("/1/D49/info/post") != std::string::npos) return true;
    }
    return false;
  }));
  powered.fail_power(std::move(store));
  CHECK(powered.found_again() == 50);
}

TEST_CASE("sync each: power cuts at full speed lose no report and no event") {
  constexpr int rounds = 4;
  constexpr int reports_per_round = 150;
  PoweredDaemon powered{"each"};
  for (int round = 0; round < rounds; ++round) {
    const int first = round * reports_per_round;
    for (int i = 0; i < reports_per_round; ++i) {
      powered.world.report("D" + std::to_string(first + i), documented_payload);
      // Somewhere in the middle of journal, transaction and publication.
      if (i == reports_per_round / 2 + round) powered.fail_power();
    }
    powered.daemon.start();
    powered.daemon.wait_online();
  }
  const auto store = open_store(powered.daemon.store_url());
  REQUIRE(eventually([&] { return store->count_devices() == rounds * reports_per_round; }));
  for (int i = 0; i < rounds * reports_per_round; ++i) {
    CHECK(powered.world.wait_for("mismatch/card_unknown/1/D" + std::to_string(i)));
  }
}
