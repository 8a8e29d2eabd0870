// SPDX-License-Identifier: Apache-2.0
// Scripts that say the state of cards over MQTT: what they say is as safe as a report.
#include "store/store.h"
#include "support/tcp_relay.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;

namespace {

constexpr int puback_packet = 4;
const std::string state_topic = std::string{"iotcard/card/"} + documented_iccid + "/state/set";

Card card_in(const Daemon& daemon) {
  const auto store = open_store(daemon.store_url());
  const auto card = store->find_card(Iccid::from_canonical(documented_iccid).value());
  return card ? card->card : Card{Iccid::from_canonical(documented_iccid).value()};
}

}  // namespace

TEST_CASE("a script says a card's state, the card changes and is announced as abnormal") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  MqttProbe script{world.broker.url()};
  script.publish(state_topic, R"({"platform":1,"status":"active","used_bytes":5})");
  REQUIRE(world.wait_for("binding/created/1/D1"));
  script.publish(state_topic, R"({"status":"suspended","status_reason":"unpaid"})");
  REQUIRE(world.wait_for("card/abnormal/1/D1"));
  const Card card = card_in(daemon);
  CHECK(card.status == CardStatus::suspended);
  CHECK(card.status_reason == "unpaid");
  CHECK(card.used_bytes == 5);
  CHECK(card.refreshed_at);
  CHECK(world.seen() == std::vector<std::string>{"mismatch/card_unknown/1/D1",
                                                 "mismatch/cleared/1/D1", "binding/created/1/D1",
                                                 "card/abnormal/1/D1"});
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a state that cannot be taken is rejected with its reason and changes nothing") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  add_card(world.dir, daemon, documented_iccid);
  daemon.wait_online();
  MqttProbe script{world.broker.url()};
  script.publish(state_topic, R"({"plan":"A","colour":"red"})");
  REQUIRE(world.wait_for("report/rejected/-/-"));
  world.seen();
  const auto events = world.events->messages("iotcard/event/report/rejected/-/-");
  CHECK_THAT(events[0].payload,
             Contains(R"("reason":"bad-card-state")") && Contains("no field \\\"colour\\\""));
  CHECK(card_in(daemon).plan == "");
  const CtlResult kept = ctl(world.dir, daemon, {"rejected", "list", "--reason", "bad-card-state"});
  CHECK(kept.status == 0);
  CHECK_THAT(kept.out, Contains(state_topic));
  const CtlResult again = ctl(world.dir, daemon, {"replay", "--rejected"});
  CHECK(again.status == 0);
  CHECK(open_store(daemon.store_url())->count_rejected() == 1);
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("kill -9 behind the acknowledgement of a state loses nothing and applies it once") {
  WatchedBroker world;
  TcpRelay relay{world.broker.port()};
  Daemon daemon{world.dir, relay.url()};
  REQUIRE(world.wait_for_status("online"));
  const auto store = open_store(daemon.store_url());
  store->begin();  // so the applier cannot
  MqttProbe script{world.broker.url()};
  script.publish(state_topic, R"({"status":"suspended"})");
  REQUIRE(eventually([&] { return count_packets(relay.sent(), puback_packet) >= 1; }));
  daemon.kill();
  store->rollback();
  CHECK(store->count_cards({}) == 0);

  daemon.start();
  const std::string event = std::string{"card/abnormal/card/"} + documented_iccid;
  REQUIRE(world.wait_for(event));
  world.events->settle();
  CHECK(world.seen() == std::vector<std::string>{event});
  CHECK(card_in(daemon).status == CardStatus::suspended);
}

TEST_CASE("a state waits at the broker while the daemon is away, also where reports are of QoS 0") {
  WatchedBroker world;
  Daemon::Options options;
  options.toml["reports"] = "qos = 0";
  Daemon daemon{world.dir, world.broker.url(), options};
  daemon.wait_online();
  CHECK(daemon.terminate() == 0);
  MqttProbe script{world.broker.url()};
  script.publish(state_topic, R"({"plan":"A"})");
  daemon.start();
  CHECK(eventually([&] { return card_in(daemon).plan == "A"; }));
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a state reaches a daemon that shares the reports with others") {
  WatchedBroker world;
  Daemon::Options options;
  options.toml["reports"] = "share = \"fleet\"";
  Daemon daemon{world.dir, world.broker.url(), options};
  daemon.wait_online();
  MqttProbe script{world.broker.url()};
  script.publish(state_topic, R"({"plan":"A"})");
  CHECK(eventually([&] { return card_in(daemon).plan == "A"; }));
  CHECK(daemon.terminate() == 0);
}
