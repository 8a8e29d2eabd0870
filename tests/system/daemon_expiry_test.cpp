// SPDX-License-Identifier: Apache-2.0
// Cards that expire while their devices are silent.
#include <algorithm>
#include <set>

#include "base/time.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

const std::string number = "898604293620C0000970";
const std::string topic = "card/abnormal/card/" + number;

// A card that expires in so many seconds, and has been announced to expire soon.
Instant add_expiring(const WatchedBroker& world, const Daemon& daemon, int seconds) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const Instant at = now + std::chrono::seconds{seconds};
  REQUIRE(ctl(world.dir, daemon, {"card", "add", number, "expires_at=" + to_rfc3339(at)}).status ==
          0);
  return at;
}

bool wait_for_expired(const WatchedBroker& world) {
  return world.events->wait_until([](const MqttProbe::Messages& messages) {
    return std::any_of(messages.begin(), messages.end(), [](const ProbeMessage& message) {
      return message.topic == "iotcard/event/" + topic &&
             message.payload.find(R"("abnormal":["expired"])") != std::string::npos;
    });
  });
}

// An event may be published twice around a kill; then it is the same, id and all.
std::size_t count_announced(const WatchedBroker& world) {
  std::set<std::string> events;
  for (const ProbeMessage& message : world.events->messages("iotcard/event/" + topic)) {
    events.insert(message.payload);
  }
  return events.size();
}

// A report behind which nothing can come any more that came before.
void barrier(WatchedBroker& world, const std::string& device) {
  world.report(device, R"({"iccid":"89860617060065258667"})");
  REQUIRE(world.wait_for("mismatch/card_unknown/1/" + device));
}

}  // namespace

TEST_CASE("the event of an expiring card is published at that time, without a report, and once") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const Instant at = add_expiring(world, daemon, 3);
  REQUIRE(world.wait_for(topic));
  REQUIRE(wait_for_expired(world));
  const auto late = std::chrono::system_clock::now() - at;
  CHECK(late >= std::chrono::milliseconds{0});
  world.seen();
  daemon.terminate();
  daemon.start();
  daemon.wait_online();
  barrier(world, "D1");
  CHECK(count_announced(world) == 2);  // soon, and expired
}

TEST_CASE(
    "the event of a card that expired while the daemon was stopped is published at its start, "
    "once") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const Instant at = add_expiring(world, daemon, 2);
  REQUIRE(world.wait_for(topic));
  daemon.kill();
  REQUIRE(eventually([&] { return std::chrono::system_clock::now() > at; }));
  daemon.start();
  daemon.wait_online();
  REQUIRE(wait_for_expired(world));
  daemon.kill();  // right behind it
  daemon.start();
  daemon.wait_online();
  barrier(world, "D1");
  CHECK(count_announced(world) == 2);
}
