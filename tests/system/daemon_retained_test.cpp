// SPDX-License-Identifier: Apache-2.0
// Reports that the broker keeps: they come again with each new subscription, and may be of any age.
// And the IMEI that a report has.
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

constexpr const char* old_card = "89860617060065258667";
constexpr const char* new_card = "89860617060065258675";

std::string report_of(const std::string& iccid) {
  return R"({"iccid":")" + iccid + "\"}";
}

bool is_late(const WatchedBroker& world, const std::string& topic) {
  const auto events = world.events->messages("iotcard/event/" + topic);
  return !events.empty() && events.back().payload.find(R"("late":true)") != std::string::npos;
}

std::string bound_card(const WatchedBroker& world, const Daemon& daemon) {
  const CtlResult shown = ctl(world.dir, daemon, {"--json", "device", "show", "1/D1"});
  for (const char* const card : {old_card, new_card}) {
    if (shown.out.find("\"iccid\":\"" + std::string{card} + "\",\"bound_since\"") !=
        std::string::npos) {
      return card;
    }
  }
  return shown.out;
}

}  // namespace

TEST_CASE("a retained report never overturns what its device said live") {
  // With MQTT 5 each session is a new one here; with 3.1.1 each start subscribes again.
  const auto [protocol, follow] = GENERATE(
      table<std::string, bool>({{"5", false}, {"5", true}, {"3.1.1", false}, {"3.1.1", true}}));
  CAPTURE(protocol, follow);
  WatchedBroker world;
  MqttProbe{world.broker.url()}.publish("/1/D1/info/post", report_of(old_card), 1, true);
  Daemon daemon{world.dir,
                world.broker.url(),
                {.toml = {{"broker", "protocol = \"" + protocol + "\"\nsession_expiry = \"0s\""},
                          {"binding", follow ? "on_conflict = \"follow\"" : ""}},
                 .start = false}};
  for (const char* const card : {old_card, new_card}) add_card(world.dir, daemon, card);
  daemon.start();
  // The device is not known yet: the retained report makes it known.
  REQUIRE(world.wait_for("binding/created/1/D1"));
  world.report("D1", report_of(new_card));
  REQUIRE(world.wait_for("mismatch/device_has_other_card/1/D1"));
  if (follow) REQUIRE(world.wait_for("binding/created/1/D1", 2));
  REQUIRE(daemon.terminate() == 0);
  daemon.start();
  const std::string again =
      follow ? "mismatch/device_has_other_card/1/D1" : "binding/confirmed/1/D1";
  REQUIRE(world.wait_for(again, follow ? 2 : 1));
  CHECK(is_late(world, again));
  // Behind it in the outbox, so that nothing of it is still to come.
  world.report("D2", report_of("89860617060065258683"));
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D2"));
  CHECK(world.events->messages("iotcard/event/mismatch/cleared/1/D1").empty());
  CHECK(bound_card(world, daemon) == (follow ? new_card : old_card));
  world.seen();
}

TEST_CASE("a card that is locked to an IMEI is told when another device has it") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", old_card, "imei=867530912345678"}).status == 0);
  const auto report = [&](const std::string& imei) {
    world.report("D1", R"({"iccid":")" + std::string{old_card} + R"(","imei":")" + imei + "\"}");
  };
  report("867530912345777\r\n");  // as the modem prints it, with the line end
  REQUIRE(world.wait_for("card/abnormal/1/D1"));
  CHECK(world.events->messages("iotcard/event/card/abnormal/1/D1")[0].payload.find(
            R"("reasons":["imei_mismatch"])") != std::string::npos);
  const CtlResult listed =
      ctl(world.dir, daemon, {"--json", "card", "list", "--reason", "imei_mismatch"});
  CHECK(listed.out.find(old_card) != std::string::npos);
  CHECK(listed.out.find(R"("abnormal":["imei_mismatch"])") != std::string::npos);
  CHECK(ctl(world.dir, daemon, {"card", "show", old_card}).out.find("imei_mismatch") !=
        std::string::npos);
  CHECK(ctl(world.dir, daemon, {"device", "show", "1/D1"}).out.find("867530912345777") !=
        std::string::npos);
  report("867530912345777");
  REQUIRE(world.wait_for("binding/confirmed/1/D1"));
  report("867530912345678");
  REQUIRE(world.wait_for("card/recovered/1/D1"));
  // By an operator's change of the lock, and by the end of the binding.
  REQUIRE(ctl(world.dir, daemon, {"card", "set", old_card, "imei=867530912345777"}).status == 0);
  REQUIRE(world.wait_for("card/abnormal/1/D1", 2));
  REQUIRE(ctl(world.dir, daemon, {"unbind", "1/D1"}).status == 0);
  CHECK(world.wait_for("card/recovered/card/" + std::string{old_card}));
  world.seen();
}
