// SPDX-License-Identifier: Apache-2.0
// Devices that stop reporting, and those that report again, on a running daemon.
#include <csignal>

#include "support/http_client.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

Daemon::Options with_silence(const std::string& age, bool api = false) {
  Daemon::Options options;
  options.toml["alerts"] = "device_silent = \"" + age + "\"";
  options.api = api;
  return options;
}

std::size_t times(const WatchedBroker& world, const std::string& topic) {
  return world.events->messages("iotcard/event/" + topic).size();
}

std::string unknown(const std::string& number) {
  return "mismatch/card_unknown/1/" + number;
}

// A report behind which no event can come that was made before.
void barrier(WatchedBroker& world, const std::string& number) {
  world.report(number, documented_payload);
  REQUIRE(world.wait_for(unknown(number)));
}

}  // namespace

TEST_CASE("a device that stops reporting is silent, and heard when it reports, once each") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), with_silence("2s", true)};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("device/silent/1/D1"));
  REQUIRE(eventually([&] {
    return http_get(daemon.api_port(), "/card/statistics").body.find(R"("silent_devices":1)") !=
           std::string::npos;
  }));
  const auto listed = http_get(daemon.api_port(), "/device/list?silent=true");
  CHECK(listed.body.find(R"("total":1,)") != std::string::npos);
  CHECK(listed.body.find(R"("silent_since":")") != std::string::npos);
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("device/heard/1/D1"));
  REQUIRE(eventually([&] { return times(world, "device/silent/1/D1") == 2; }));
  CHECK(times(world, "device/heard/1/D1") == 1);
  world.seen();  // all are as the schema says
}

TEST_CASE("silence is marked over a restart, and heard after a kill, once") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), with_silence("2s")};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("device/silent/1/D1"));
  daemon.kill();
  daemon.start();
  daemon.wait_online();
  barrier(world, "D2");
  CHECK(times(world, "device/heard/1/D1") == 0);
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("device/heard/1/D1"));
}

TEST_CASE("a reload switches silence on, and off again without an event") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), with_silence("0s")};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for(unknown("D1")));
  daemon.write_config({{"alerts", "device_silent = \"1s\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(world.wait_for("device/silent/1/D1"));
  daemon.write_config({{"alerts", "device_silent = \"0s\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(eventually([&] { return daemon.times_in_log("reloaded") == 2; }));
  world.report("D1", documented_payload);
  barrier(world, "D2");
  CHECK(times(world, "device/heard/1/D1") == 0);
}

TEST_CASE("device list finds who was not heard, and device remove forgets one") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", documented_iccid}).status == 0);
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  world.report("D2", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/D2"));
  const auto list = [&](std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"device", "list"});
    return ctl(world.dir, daemon, filters);
  };
  CHECK(list({"--not-seen", "1w"}).out == "no devices\n");
  const CtlResult taken = list({"--since", "1h", "--outcome", "card_in_use"});
  CHECK(taken.out.find("1/D2") != std::string::npos);
  CHECK(taken.out.find("HELD BY") != std::string::npos);
  CHECK(taken.out.find("1/D1") != std::string::npos);
  CHECK(list({"--leniency", "unquoted-iccid", "--sort", "seen_day:desc", "--text", "1/d2"})
            .out.find("1/D2") != std::string::npos);
  CHECK(list({"--outcome", "stolen"}).status == 2);
  CHECK(list({"--not-seen", "soon"}).status == 2);
  const CtlResult card = ctl(world.dir, daemon, {"card", "list", "--device", "1/D1"});
  CHECK(card.out.find(documented_iccid) != std::string::npos);
  CHECK(ctl(world.dir, daemon, {"card", "list", "--device", "1/D2"}).out == "no cards\n");

  const CtlResult refused = ctl(world.dir, daemon, {"device", "remove", "1/D1"});
  CHECK(refused.status == 1);
  CHECK(refused.err.find(documented_iccid) != std::string::npos);
  const CtlResult removed = ctl(world.dir, daemon, {"device", "remove", "1/D1", "--force"});
  CHECK(removed.status == 0);
  CHECK(removed.out.find("released: card 898604293620C0000970 from device 1/D1") !=
        std::string::npos);
  // Its card is free for the device that reported it.
  REQUIRE(world.wait_for("binding/released/1/D1"));
  REQUIRE(world.wait_for("binding/created/1/D2"));
  CHECK(ctl(world.dir, daemon, {"device", "show", "1/D1"}).status == 1);
  const CtlResult other = ctl(world.dir, daemon, {"device", "remove", "1/D2", "--force", "--json"});
  CHECK(other.out.find(R"("removed":true,"dry_run":false,"released":{)") != std::string::npos);
}

TEST_CASE("device ask refuses a device that never reported, and --wait shows the answer") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const CtlResult refused = ctl(world.dir, daemon, {"device", "ask", "1/D1"});
  CHECK(refused.status == 1);
  CHECK(refused.err.find("has sent no report") != std::string::npos);
  CHECK(ctl(world.dir, daemon, {"device", "ask", "1/D1", "--force"}).status == 0);
  const CtlResult silent =
      ctl(world.dir, daemon, {"device", "ask", "1/D1", "--force", "--wait", "--timeout", "1"});
  CHECK(silent.status == 1);
  CHECK(silent.err.find("has not answered") != std::string::npos);

  // A device that answers.
  MqttProbe device{world.broker.url()};
  device.subscribe("/1/D1/info/get");
  Process asking{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "--json", "device",
                              "ask", "1/D1", "--force", "--wait"},
                  .output = world.dir.file("answer"),
                  .env = {},
                  .input = {}}};
  REQUIRE(eventually([&] { return !device.messages("/1/D1/info/get").empty(); }));
  world.report("D1", documented_payload);
  CHECK(asking.wait() == 0);
  const std::string answer = asking.out();
  CHECK(answer.find(R"("acknowledged":true,"answer":{"topic":"/1/D1/info/post","payload":")") !=
        std::string::npos);
  CHECK(answer.find(R"("explanation":{"accepted":true)") != std::string::npos);
}
