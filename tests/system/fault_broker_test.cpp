// SPDX-License-Identifier: Apache-2.0
// Faults of the broker and of the clock, seen from the operator's side: what log, status topic and
// systemd say, and that work goes on by itself.
#include <filesystem>

#include "store/store.h"
#include "support/notify_socket.h"
#include "support/tcp_relay.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

// A mosquitto that knows "user" with the password "right", and everybody without a name.
struct GuardedBroker {
  explicit GuardedBroker(const std::string& acl)
      : acl_file(dir.file("acl")), broker(dir, options(acl)) {
    write_file(dir.file("password"), "right\n");
  }
  Mosquitto::Options options(const std::string& acl) const {
    write_file(acl_file, acl);
    Mosquitto::Options guarded = with_password(dir, "right");
    guarded.anonymous = true;
    guarded.lines.push_back("acl_file " + acl_file);
    return guarded;
  }
  std::map<std::string, std::string> account() const {
    return {{"broker", "username = \"user\"\npassword_file = \"" + dir.file("password") + "\""}};
  }
  void allow(const std::string& acl) {
    write_file(acl_file, acl);
    broker.reload();
  }

  TempDir dir;
  std::string acl_file;
  Mosquitto broker;
};

constexpr const char* all_for_anonymous = "topic readwrite #\n";
constexpr const char* all_for_daemon = "user user\ntopic readwrite #\n";

}  // namespace

TEST_CASE("a broker that accepts and never answers is named, once, and works once it answers") {
  WatchedBroker world;
  TcpRelay relay{world.broker.port()};
  relay.set_mode(TcpRelay::Mode::swallow);
  const NotifySocket systemd{world.dir};
  Daemon daemon{world.dir, relay.url(), {.env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  REQUIRE(daemon.wait_for_log("no answer from the broker within 10 s; trying again"));
  CHECK(systemd.wait_for_status("no answer from the broker"));
  REQUIRE(eventually([&] { return relay.accepted() >= 2; }));
  CHECK(daemon.times_in_log("no answer from the broker") == 1);
  relay.set_mode(TcpRelay::Mode::carry);
  relay.cut();
  REQUIRE(world.wait_for_status("online"));
  world.report("D1", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/D1"));
}

TEST_CASE("a password that the broker refuses is said, never shown, and tried anew from its file") {
  GuardedBroker guarded{std::string{all_for_anonymous} + all_for_daemon};
  write_file(guarded.dir.file("password"), "sesame-7731\n");
  const NotifySocket systemd{guarded.dir};
  Daemon daemon{guarded.dir,
                guarded.broker.url(),
                {.toml = guarded.account(), .env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  REQUIRE(daemon.wait_for_log("the broker refuses the connection: "));
  CHECK(systemd.wait_for_status("the broker refuses the connection: "));
  write_file(guarded.dir.file("password"), "right\n");
  daemon.wait_online();
  CHECK(daemon.log().find("sesame-7731") == std::string::npos);
}

TEST_CASE(
    "a publication that the ACL denies is told by its name, and the events wait for the ACL") {
  GuardedBroker guarded{std::string{all_for_anonymous} +
                        "user user\ntopic read /+/+/info/post\ntopic write iotcard/status\n"};
  const NotifySocket systemd{guarded.dir};
  Daemon daemon{guarded.dir,
                guarded.broker.url(),
                {.toml = guarded.account(), .env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  daemon.wait_online();
  MqttProbe world{guarded.broker.url()};
  world.subscribe("iotcard/#");
  world.publish("/1/D1/info/post", documented_payload);
  REQUIRE(daemon.wait_for_log("events wait in the outbox: the broker refuses the publication: "));
  CHECK(systemd.wait_for_status("degraded: the broker refuses the publication: not authorised"));
  CHECK(world.wait_until([](const MqttProbe::Messages& messages) {
    return !messages.empty() && messages.back().topic == "iotcard/status" &&
           messages.back().payload.find("degraded") != std::string::npos;
  }));
  guarded.allow(std::string{all_for_anonymous} + all_for_daemon);
  CHECK(world.wait_until([](const MqttProbe::Messages& messages) {
    return !messages.empty() &&
           std::any_of(messages.begin(), messages.end(), [](const ProbeMessage& message) {
             return message.topic == "iotcard/event/mismatch/card_unknown/1/D1";
           });
  }));
  CHECK(daemon.wait_for_log("the broker takes events again"));
}

TEST_CASE("a status topic that the ACL denies is told by its name") {
  GuardedBroker guarded{std::string{all_for_anonymous} + "user user\ntopic read /+/+/info/post\n"};
  const NotifySocket systemd{guarded.dir};
  Daemon daemon{guarded.dir,
                guarded.broker.url(),
                {.toml = guarded.account(), .env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  REQUIRE(
      daemon.wait_for_log("the broker refuses the publication on iotcard/status: not authorised"));
  CHECK(systemd.wait_for_status("iotcard/status"));
  guarded.allow(std::string{all_for_anonymous} + all_for_daemon);
  daemon.wait_online();
}

TEST_CASE("a subscription that the broker denies is told by its name") {
  TempDir dir;
  const Mosquitto broker{dir, without_subscriptions(dir)};
  const NotifySocket systemd{dir};
  Daemon daemon{dir, broker.url(), {.env = {{"NOTIFY_SOCKET", systemd.path()}}}};
  CHECK(
      daemon.wait_for_log("the broker refuses the subscription to /+/+/info/post: not authorised"));
  CHECK(systemd.wait_for_status("the broker refuses the subscription to /+/+/info/post"));
}

TEST_CASE(
    "a broker that lets nobody say the state of cards is warned of, and reports come through") {
  TempDir dir;
  const Mosquitto broker{dir, without_subscription(dir, "iotcard/card/+/state/set")};
  for (const std::string protocol : {"5", "3.1.1"}) {
    Daemon daemon{dir, broker.url(), {.toml = {{"broker", "protocol = \"" + protocol + "\""}}}};
    daemon.wait_online();
    CHECK(daemon.wait_for_log(
        "the broker refuses the subscription to iotcard/card/+/state/set: not authorised"));
    MqttProbe device{broker.url()};
    device.publish("/1/D" + protocol + "/info/post", documented_payload);
    CHECK(eventually([&] {
      return open_store(daemon.store_url())->find_device({"1", "D" + protocol}).has_value();
    }));
    CHECK(daemon.terminate() == 0);
  }
}

TEST_CASE("two daemons with one client id: each says what is wrong, and none loses a report") {
  WatchedBroker world;
  const TempDir elsewhere;
  Daemon first{world.dir, world.broker.url()};
  first.wait_online();
  auto second = std::make_unique<Daemon>(elsewhere, world.broker.url());
  const auto told = [](const Daemon& daemon) {
    return daemon.log().find("another client has connected with the same client id") !=
               std::string::npos ||
           daemon.log().find("does another client use the client id") != std::string::npos;
  };
  REQUIRE(eventually([&] { return told(first) && told(*second); }));
  for (int i = 0; i < 50; ++i) world.report("D" + std::to_string(i), documented_payload);
  for (int i = 0; i < 50; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/D" + std::to_string(i)));
  }
  second.reset();
  REQUIRE(eventually([&] {
    world.report("AFTER", documented_payload);
    return open_store(first.store_url())->find_device({"1", "AFTER"}).has_value();
  }));
}

TEST_CASE("100,000 reports that were queued while the daemon was away are all applied") {
  constexpr int reports = 100'000;
  WatchedBroker world;
  Daemon daemon{
      world.dir, world.broker.url(), {.toml = {{"events", "mute = [\"mismatch.card_unknown\"]"}}}};
  daemon.wait_online();
  CHECK(daemon.terminate() == 0);
  MqttProbe{world.broker.url(), {.mqtt5 = false}}.publish_many(reports, [](std::int64_t number) {
    return ProbeMessage{.topic = "/1/Q" + std::to_string(number) + "/info/post",
                        .payload = documented_payload};
  });
  daemon.start();
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually(std::chrono::seconds{180}, [&] { return store->count_devices() == reports; }));
  CHECK(daemon.log().find("[error]") == std::string::npos);
}

TEST_CASE("a clock that steps back by days and forward again disturbs nothing") {
  WatchedBroker world;
  const std::string hands = world.dir.file("clock");
  // In one step: libfaketime reads the file at each look at the clock, and ends the process if the
  // file is empty.
  const auto set_clock = [&](const std::string& offset) {
    write_file(hands + ".new", offset + "\n");
    std::filesystem::rename(hands + ".new", hands);
  };
  set_clock("+0d");
  Daemon daemon{world.dir,
                world.broker.url(),
                {.env = {{"LD_PRELOAD", IOTCARD_FAKETIME},
                         {"FAKETIME_TIMESTAMP_FILE", hands},
                         {"FAKETIME_NO_CACHE", "1"},
                         {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                         {"ASAN_OPTIONS", "verify_asan_link_order=0"}}}};
  add_card(world.dir, daemon, documented_iccid);
  REQUIRE(world.wait_for_status("online"));
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/A"));
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B"));

  set_clock("-3d");
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/confirmed/1/A"));
  const auto confirmed = world.events->messages("iotcard/event/binding/confirmed/1/A").at(0);
  const auto created = world.events->messages("iotcard/event/binding/created/1/A").at(0);
  const auto time_of = [](const ProbeMessage& event) {
    const std::size_t at = event.payload.find(R"("time":")");
    return event.payload.substr(at + 8, 24);
  };
  CHECK(time_of(confirmed) < time_of(created));  // the hands did move
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B", 2));
  world.report("C", R"({"iccid":"89860617060065258667"})");
  REQUIRE(world.wait_for("mismatch/card_unknown/1/C"));

  set_clock("+40d");
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/confirmed/1/A", 2));
  world.events->settle();
  world.seen();
  CHECK(world.status().find("online") != std::string::npos);
  const auto store = open_store(daemon.store_url());
  CHECK(store->count_open_bindings() == 1);
  CHECK(store->count_open_mismatches() == 2);
  CHECK(daemon.terminate() == 0);
  CHECK(daemon.log().find("error") == std::string::npos);
}
