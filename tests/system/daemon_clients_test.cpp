// SPDX-License-Identifier: Apache-2.0
// Several daemons at one broker: each has a status of its own, and one that disturbs another is
// named in the log, in the status, and by doctor.
#include <rapidjson/document.h>

#include "support/http_client.h"
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
  REQUIRE(second.wait_for_log("connected to"));
  CHECK(second.terminate() == 0);
  REQUIRE(
      eventually([&] { return world.status().find(R"("client":"first")") != std::string::npos; }));
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
      const bool tells = protocol == "5";
      const std::string cause = tells ? "session taken over" : "connections in a row ended within";
      REQUIRE(eventually(std::chrono::seconds{60}, [&] {
        return http_get(first.api_port(), "/status").body.find(cause) != std::string::npos;
      }));
      if (tells) {
        CHECK(first.wait_for_log("session taken over (0x8e)"));
        CHECK(first.wait_for_log("see that no other program uses the client id iotcardd"));
      }
      CHECK(eventually(std::chrono::seconds{60}, [&] {
        const std::string found = doctor(world, first);
        return found.find(R"("check":"daemon's connection","status":"warn")") !=
                   std::string::npos &&
               found.find("broker.client_id of its own") != std::string::npos;
      }));
      CHECK(eventually(std::chrono::seconds{60}, [&] {
        return status_json(world, first).find("another client") != std::string::npos;
      }));
      const std::string metrics = http_get(first.api_port(), "/metrics").body;
      CHECK((metrics.find("iotcardd_broker_takeovers_total 0") == std::string::npos) == tells);
    }
  }
}
