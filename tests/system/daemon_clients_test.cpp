// SPDX-License-Identifier: Apache-2.0
// Several daemons at one broker: each has a status of its own, and one that disturbs another is
// named in the log, in the status, and by doctor.
#include <rapidjson/document.h>

#include "domain/event.h"
#include "store/store.h"
#include "support/http_client.h"
#include "support/scripted_broker.h"
#include "support/store_writes.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;

namespace {

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  INFO(text);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

// Sharing the reports: with a store of its own, as two sites have.
Daemon::Options member(const TempDir& dir, const std::string& client_id) {
  return {.client_id = client_id,
          .store_url = "sqlite:" + dir.file(client_id + ".db"),
          .toml = {{"reports", "share = \"fleet\""}}};
}

std::string status_json(const WatchedBroker& world, const Daemon& daemon) {
  return ctl(world.dir, daemon, {"status", "--json"}).out;
}

std::string doctor(const WatchedBroker& world, const Daemon& daemon) {
  return ctl(world.dir, daemon, {"doctor", "--json"}).out;
}

}  // namespace

TEST_CASE("daemons that share the reports do not overwrite each other's status") {
  WatchedBroker world;
  Daemon first{world.dir, world.broker.url(), member(world.dir, "first")};
  Daemon second{world.dir, world.broker.url(), member(world.dir, "second")};
  first.wait_online();
  second.wait_online();
  CHECK(second.terminate() == 0);
  MqttProbe late{world.broker.url()};
  late.subscribe("iotcard/status/+");
  REQUIRE(late.wait_count(2));
  const auto state = [&](const std::string& client) {
    return late.messages("iotcard/status/" + client).at(0).payload;
  };
  CHECK_THAT(state("first"), Contains(R"("state":"online")") && Contains(R"("client":"first")"));
  CHECK_THAT(state("second"), Contains(R"("state":"offline")") && Contains(R"("client":"second")"));
  CHECK(world.status().empty());  // nobody uses the common topic

  const auto status = parse(status_json(world, first));
  CHECK(status["daemon"]["state"] == "online");
  REQUIRE(status["daemons"].Size() == 2);
  CHECK(status["daemons"][0]["client"] == "first");
  CHECK(status["daemons"][1]["client"] == "second");
  CHECK(status["daemons"][1]["state"] == "offline");
  const std::string words = ctl(world.dir, first, {"status"}).out;
  CHECK_THAT(words, Contains("first: online since ") && Contains("second: offline"));
  const std::string found = doctor(world, first);
  CHECK_THAT(found, Contains(R"({"check":"daemon","status":"ok")"));
  CHECK_THAT(found,
             Contains(R"({"check":"other daemon","status":"warn","finding":"second: offline)"));
  CHECK(first.times_in_log("so that topic does not tell") == 0);
}

TEST_CASE("a daemon whose status another one overwrites says so, and says again how it fares") {
  WatchedBroker world;
  Daemon first{world.dir, world.broker.url(), {.client_id = "first"}};
  REQUIRE(world.wait_for_status(R"("client":"first")"));
  Daemon second{world.dir,
                world.broker.url(),
                {.client_id = "second", .store_url = "sqlite:" + world.dir.file("second.db")}};
  REQUIRE(first.wait_for_log("another daemon, client id second publishes on iotcard/status too"));
  REQUIRE(world.wait_for_status("another daemon (client id second) publishes its status"));
  CHECK_THAT(doctor(world, first), Contains("events.prefix of its own"));
  CHECK(second.terminate() == 0);
  // What is retained is true of the daemon that runs.
  REQUIRE(eventually([&] {
    const std::string status = world.status();
    return status.find(R"("client":"first")") != std::string::npos &&
           status.find(R"("state":"online")") != std::string::npos &&
           status.find("warnings") == std::string::npos;
  }));
  second.start();
  REQUIRE(eventually([&] { return second.times_in_log("connected to") == 2; }));
  CHECK(second.terminate() == 0);
  REQUIRE(eventually([&] {
    const auto said = world.events->messages("iotcard/status");
    const auto goodbyes = std::ranges::count_if(said, [](const ProbeMessage& message) {
      return message.payload.find(R"("state":"offline")") != std::string::npos &&
             message.payload.find(R"("client":"second")") != std::string::npos;
    });
    return goodbyes == 2 && said.back().payload.find(R"("client":"first")") != std::string::npos;
  }));
  CHECK(first.times_in_log("so that topic does not tell") == 1);
  CHECK(parse(status_json(world, first))["daemon"]["state"] == "online");
}

TEST_CASE("two daemons with one client id are named in log, status and doctor") {
  for (const std::string protocol : {"5", "3.1.1"}) {
    DYNAMIC_SECTION("MQTT " << protocol) {
      WatchedBroker world;
      const TempDir elsewhere;
      const Daemon::Options options{.toml = {{"broker", "protocol = \"" + protocol + "\""}},
                                    .api = true};
      Daemon first{world.dir, world.broker.url(), options};
      first.wait_online();
      Daemon second{elsewhere, world.broker.url(), options};
      // mosquitto 2.0.11 gives no reason with MQTT 5 either.
      REQUIRE(eventually(std::chrono::seconds{60}, [&] {
        const std::string status = http_get(first.api_port(), "/status").body;
        return status.find("session taken over") != std::string::npos ||
               status.find("connections in a row ended within") != std::string::npos;
      }));
      CHECK(eventually(std::chrono::seconds{60}, [&] {
        const std::string found = doctor(world, first);
        return found.find(R"("check":"daemon's connection","status":"warn")") !=
                   std::string::npos &&
               found.find("broker.client_id of its own") != std::string::npos;
      }));
      CHECK(eventually(std::chrono::seconds{60}, [&] {
        return status_json(world, first).find("another client") != std::string::npos;
      }));
    }
  }
}

TEST_CASE("a broker that says that the session was taken over is understood") {
  const TempDir dir;
  constexpr int taken_over = 0x8e;
  const ScriptedBroker broker{
      {.farewell = taken_over,
       .publish = [](const ScriptedBroker::Publish& publish) -> std::optional<int> {
         if (publish.topic.find("/status") != std::string::npos) return 0;
         return std::nullopt;  // an event: after the connection is established
       }}};
  Daemon daemon{dir, broker.url(), {.api = true}};
  REQUIRE(daemon.wait_for_log("connected to"));
  append_event(*open_store(daemon.store_url()), "iotcardd",
               {EventKind::card_abnormal, DeviceKey{"1", "D1"}, {}, {}, "{}"});
  REQUIRE(
      daemon.wait_for_log("the broker disconnects: session taken over (0x8e): another client "
                          "has connected with the same client id; see that no other program "
                          "uses the client id iotcardd"));
  REQUIRE(eventually([&] {
    return http_get(daemon.api_port(), "/status").body.find("session taken over") !=
           std::string::npos;
  }));
  const std::string metrics = http_get(daemon.api_port(), "/metrics").body;
  CHECK(metrics.find("\niotcardd_broker_takeovers_total 0") == std::string::npos);
  CHECK(metrics.find("\niotcardd_broker_takeovers_total ") != std::string::npos);
  CHECK(daemon.terminate() == 0);
}
