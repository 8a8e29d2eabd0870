// SPDX-License-Identifier: Apache-2.0
// The main job on a real broker: a report in, an event out.
#include "system/watched_broker.h"

using namespace iotcard;

TEST_CASE("the documented payload, byte for byte, binds its card to its device") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  add_card(world.dir, daemon, documented_iccid);
  daemon.wait_online();
  world.report("D6O0RUN27PPP", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D6O0RUN27PPP"));
  world.seen();
  const auto events = world.events->messages("iotcard/event/binding/created/1/D6O0RUN27PPP");
  CHECK(events[0].qos == 1);
  CHECK_FALSE(events[0].retained);
  CHECK(events[0].payload.find(R"("leniencies":["unquoted-iccid"])") != std::string::npos);
  CHECK(events[0].payload.find(R"("iccid":"898604293620C0000970")") != std::string::npos);
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("reports of QoS 0 and of QoS 1 come to the same") {
  WatchedBroker world;
  const Daemon daemon{world.dir, world.broker.url()};
  const_cast<Daemon&>(daemon).wait_online();
  for (const int qos : {0, 1}) {
    world.report("Q" + std::to_string(qos), documented_payload, qos);
    CHECK(world.wait_for("mismatch/card_unknown/1/Q" + std::to_string(qos)));
  }
  world.seen();
}

TEST_CASE("each kind of mismatch is announced, cleared, and valid by the schema") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  // Unknown until the card is imported: then the mismatch clears itself and the card is bound.
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/A"));
  add_card(world.dir, daemon, documented_iccid);
  REQUIRE(world.wait_for("mismatch/cleared/1/A"));
  REQUIRE(world.wait_for("binding/created/1/A"));
  // The same card elsewhere; then both report it.
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B"));
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/confirmed/1/A"));
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B", 3));
  const auto in_use = world.events->messages("iotcard/event/mismatch/card_in_use/1/B");
  CHECK(in_use[0].payload.find(R"("suspect":"moved")") != std::string::npos);
  // Known as soon as the holder reports it.
  CHECK(in_use[1].payload.find(R"("suspect":"cloned")") != std::string::npos);
  CHECK(in_use[2].payload.find(R"("suspect":"cloned")") != std::string::npos);
  CHECK(in_use[2].payload.find(R"("count":2)") != std::string::npos);
  // Another card in a bound device.
  add_card(world.dir, daemon, "89860617060065258667");
  world.report("A", R"({"iccid":"89860617060065258667"})");
  REQUIRE(world.wait_for("mismatch/device_has_other_card/1/A"));
  // Its platform is another one.
  CHECK(ctl(world.dir, daemon, {"card", "set", "89860617060065258667", "platform=1"}).status == 0);
  world.report("C", R"({"iccid":"89860617060065258667","cardPlatformId":2})");
  REQUIRE(world.wait_for("mismatch/wrong_platform/1/C"));
  // Two cards fit 19 digits.
  add_card(world.dir, daemon, "89860004369061258951");
  add_card(world.dir, daemon, "89860004369061258952");
  world.report("D", R"({"iccid":"8986000436906125895"})");
  REQUIRE(world.wait_for("mismatch/iccid_ambiguous/1/D"));
  world.report("E", R"({"iccid":8.98604E+19})");
  REQUIRE(world.wait_for("mismatch/iccid_invalid/1/E"));
  world.report("F", R"({"iccid":)");
  REQUIRE(world.wait_for("report/rejected/1/F"));
  world.report("G", std::string("\xFF\x00\xFE", 3));
  REQUIRE(world.wait_for("report/rejected/1/G"));
  // A suspended card.
  CHECK(ctl(world.dir, daemon, {"card", "set", documented_iccid, "status=suspended"}).status == 0);
  REQUIRE(world.wait_for("card/abnormal/1/A"));
  CHECK(ctl(world.dir, daemon, {"card", "set", documented_iccid, "status=active"}).status == 0);
  REQUIRE(world.wait_for("card/recovered/1/A"));
  // An operator accepts: the card moves to the device that reports it.
  const CtlResult list = ctl(world.dir, daemon, {"mismatch", "list", "--json"});
  REQUIRE(list.status == 0);
  CHECK(ctl(world.dir, daemon, {"unbind", "1/A"}).status == 0);
  REQUIRE(world.wait_for("binding/released/1/A"));
  // Muted by default: nothing comes of a report without a card.
  world.report("H", "{}");
  world.report("I", documented_payload);
  REQUIRE(eventually([&] {
    return ctl(world.dir, daemon, {"device", "show", "1/I", "--json"}).status == 0;
  }));
  world.events->settle();
  for (const std::string& topic : world.seen()) CHECK(topic.rfind("report/no_card", 0) != 0);
}

TEST_CASE("with the policy follow the last report wins, and says so") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"binding", "on_conflict = \"follow\""}}}};
  add_card(world.dir, daemon, documented_iccid);
  daemon.wait_online();
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/A"));
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/B"));
  const auto topics = world.seen();
  const std::vector<std::string> tail{topics.end() - 3, topics.end()};
  CHECK(tail == std::vector<std::string>{"mismatch/card_in_use/1/B", "binding/released/1/A",
                                         "binding/created/1/B"});
}

TEST_CASE("garbage of every kind is rejected and honest reports still flow") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  world.report("BIN", std::string(1000, '\xFF'));
  world.report("BIG", "{\"a\":\"" + std::string(200'000, 'x') + "\"}");
  world.report("DEEP", std::string(100'000, '['));
  world.report("DEEPER", "{\"a\":" + std::string(50'000, '['));
  world.report("CUT", documented_payload.substr(0, 100));
  world.report("GOOD", documented_payload);
  for (const char* number : {"BIN", "BIG", "DEEP", "DEEPER", "CUT"}) {
    CHECK(world.wait_for("report/rejected/1/" + std::string{number}));
  }
  CHECK(world.wait_for("mismatch/card_unknown/1/GOOD"));
  world.seen();
  const auto big = world.events->messages("iotcard/event/report/rejected/1/BIG");
  CHECK(big.at(0).payload.find(R"("reason":"too-large")") != std::string::npos);
}
