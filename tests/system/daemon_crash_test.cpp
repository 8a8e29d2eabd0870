// SPDX-License-Identifier: Apache-2.0
// kill -9 between any two stations of a report: what the broker was told has arrived is applied
// once, and its event is published.
#include <csignal>
#include <filesystem>

#include "store/store.h"
#include "support/tcp_relay.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

constexpr int publish_packet = 3;
constexpr int puback_packet = 4;

std::int64_t reports_of(Store& store, const std::string& number) {
  const auto device = store.find_device({"1", number});
  return device ? device->reports : 0;
}

}  // namespace

TEST_CASE("kill -9 between append and apply: the report is applied once after the restart") {
  WatchedBroker world;
  TcpRelay relay{world.broker.port()};
  Daemon daemon{world.dir, relay.url()};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();  // so the applier cannot
  world.report("D1", documented_payload);
  REQUIRE(eventually([&] { return count_packets(relay.sent(), puback_packet) >= 1; }));
  daemon.kill();
  store->rollback();
  CHECK(reports_of(*store, "D1") == 0);

  daemon.start();
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  world.events->settle();
  CHECK(world.seen() == std::vector<std::string>{"mismatch/card_unknown/1/D1"});
  CHECK(reports_of(*store, "D1") == 1);
}

TEST_CASE("kill -9 between commit and publish: the event comes after the restart") {
  WatchedBroker world;
  TcpRelay relay{world.broker.port()};
  Daemon daemon{world.dir, relay.url()};
  add_card(world.dir, daemon, documented_iccid);
  REQUIRE(world.wait_for_status("online"));
  relay.set_mode(TcpRelay::Mode::deaf);  // the daemon hears the broker, the broker not the daemon
  world.report("D1", documented_payload);
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return reports_of(*store, "D1") == 1; }));
  const auto outbox = store->read_outbox("iotcardd", 0, 10);
  REQUIRE(outbox.size() == 1);
  daemon.kill();
  world.events->settle();
  CHECK(world.seen().empty());
  relay.cut();  // still deaf: nothing that is under way arrives
  relay.set_mode(TcpRelay::Mode::carry);

  daemon.start();
  // The acknowledgement was lost too, so the broker delivers the report again: DUP, and harmless.
  REQUIRE(world.wait_for("binding/confirmed/1/D1"));
  const auto created = world.events->messages("iotcard/event/binding/created/1/D1");
  REQUIRE(created.size() == 1);
  CHECK(created[0].payload == outbox[0].payload);  // with the same id
  CHECK(store->count_open_bindings() == 1);
}

TEST_CASE("a report that was not acknowledged is delivered again and applied") {
  WatchedBroker world;
  TcpRelay relay{world.broker.port()};
  Daemon daemon{world.dir, relay.url()};
  REQUIRE(world.wait_for_status("online"));
  daemon.process().signal(SIGSTOP);
  const std::size_t before = count_packets(relay.received(), publish_packet);
  world.report("D1", documented_payload);
  REQUIRE(eventually([&] { return count_packets(relay.received(), publish_packet) > before; }));
  daemon.kill();
  daemon.start();
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  const auto store = open_store(daemon.store_url());
  CHECK(reports_of(*store, "D1") == 1);
}

TEST_CASE("kill -9 in the middle of a storm, again and again, loses nothing") {
  constexpr int rounds = 6;
  constexpr int reports_per_round = 200;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  MqttProbe devices{world.broker.url()};
  for (int i = 0; i < rounds * reports_per_round; ++i) {
    devices.publish("/1/S" + std::to_string(i) + "/info/post", documented_payload);
    if (i % reports_per_round == reports_per_round / 2) {
      daemon.kill();
      daemon.start();
    }
  }
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->count_devices() == rounds * reports_per_round; }));
  for (int i = 0; i < rounds * reports_per_round; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/S" + std::to_string(i)));
  }
}

TEST_CASE("reports that came while the daemon was stopped are applied after its start") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  CHECK(daemon.terminate() == 0);
  for (int i = 0; i < 100; ++i) world.report("W" + std::to_string(i), documented_payload);
  daemon.start();
  for (int i = 0; i < 100; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/W" + std::to_string(i)));
  }
}
