// SPDX-License-Identifier: Apache-2.0
// Brokers that grant less than the daemon asks for: what it does then, what its log and doctor say.
#include <rapidjson/document.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>

#include "support/scripted_broker.h"
#include "support/session_record.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;
using Broker = ScriptedBroker;
using namespace std::chrono_literals;

namespace {

// Of MQTT 5.0, 2.2.2.2.
constexpr std::uint8_t session_expiry = 17;
constexpr std::uint8_t server_keep_alive = 19;
constexpr std::uint8_t maximum_qos = 36;
constexpr std::uint8_t retain_available = 37;
constexpr std::uint8_t wildcards_available = 40;
constexpr std::uint8_t shared_available = 42;

struct LimitedMosquitto {
  explicit LimitedMosquitto(std::vector<std::string> lines)
      : broker(dir, {.lines = std::move(lines)}) {}
  ~LimitedMosquitto() {
    if (test_has_failed()) UNSCOPED_INFO(broker.tail());
  }
  std::string doctor(const Daemon& daemon) const {
    const CtlResult result = ctl(dir, daemon, {"doctor", "--json"});
    UNSCOPED_INFO(result.out << result.err);
    return result.out;
  }

  TempDir dir;
  Mosquitto broker;
};

std::map<std::string, std::string> speaking(const std::string& protocol) {
  return {{"broker", "protocol = \"" + protocol + "\""}};
}

// An event without a report: a card is added and bound.
void bind_device(const TempDir& dir, const Daemon& daemon, const std::string& device, int number) {
  const std::string iccid = "8986042936200000" + std::to_string(1000 + number);
  add_card(dir, daemon, iccid);
  const CtlResult bound = ctl(dir, daemon, {"bind", device, iccid});
  INFO(bound.err);
  REQUIRE(bound.status == 0);
}

std::string event_topic(const std::string& device) {
  return "iotcard/event/binding/created/" + device;
}

}  // namespace

TEST_CASE("a shorter keep-alive time of the broker is kept to") {
  LimitedMosquitto world{{"max_keepalive 10", "log_type all"}};
  Daemon daemon{world.dir, world.broker.url(), {.toml = speaking("5")}};
  daemon.wait_online();
  CHECK(daemon.wait_for_log("keep alive: the broker wants 10 s in place of the 30 s"));
  CHECK_THAT(world.doctor(daemon), Contains("the broker wants 10 s in place of the 30 s"));
  // mosquitto ends a silent connection after 15 s.
  CHECK(eventually(60s, [&] {
    const std::string log = world.broker.log();
    std::size_t pings = 0;
    for (std::size_t at = 0; (at = log.find("PINGREQ from iotcardd\n", at)) != std::string::npos;
         ++at) {
      ++pings;
    }
    return pings >= 2;
  }));
  CHECK(daemon.times_in_log("trying again") == 0);
  CHECK(daemon.times_in_log("connected to") == 1);
}

TEST_CASE("the keep-alive time is asked for once, and remembered") {
  std::atomic<bool> break_off{false};
  Broker broker{{.properties = Broker::short_property(server_keep_alive, 2),
                 .publish = [&](const Broker::Publish&) {
                   return break_off ? std::nullopt : std::optional{0};
                 }}};
  SessionOptions options = test_session(broker.url());
  options.keep_alive = 30s;
  SessionRecord record{options};
  record.start();
  record.wait_connected();
  REQUIRE(eventually([&] { return broker.pings() >= 2; }));
  break_off = true;
  record.session().publish(1, "x", "x", 1, false);
  record.wait_reason("");
  break_off = false;
  record.wait_connected(2);
  const auto connects = broker.connects();
  REQUIRE(connects.size() >= 3);
  CHECK(connects[0].keep_alive == 30);
  CHECK(std::all_of(connects.begin() + 1, connects.end(),
                    [](const Broker::Connect& connect) { return connect.keep_alive == 2; }));
}

TEST_CASE("a broker without retained messages is worked with, and said once") {
  for (const std::string protocol : {"5", "3.1.1"}) {
    LimitedMosquitto world{{"retain_available false"}};
    MqttProbe watch{world.broker.url()};
    watch.subscribe("iotcard/#");
    Daemon daemon{world.dir, world.broker.url(), {.toml = speaking(protocol)}};
    REQUIRE(watch.wait_until([](const MqttProbe::Messages& messages) {
      return !messages.empty() && messages[0].payload.find("online") != std::string::npos;
    }));
    CHECK(daemon.wait_for_log("the broker keeps no retained messages"));
    watch.publish("/1/D1/info/post", documented_payload);
    CHECK(watch.wait_until([](const MqttProbe::Messages& messages) {
      return std::ranges::any_of(messages, [](const ProbeMessage& message) {
        return message.topic == "iotcard/event/mismatch/card_unknown/1/D1";
      });
    }));
    CHECK_THAT(world.doctor(daemon), Contains("the broker keeps no retained messages"));
    CHECK(daemon.times_in_log("the broker keeps no retained messages") == 1);
    daemon.kill();  // the last will comes, without the flag
    CHECK(watch.wait_until([](const MqttProbe::Messages& messages) {
      return messages.back().payload.find("offline") != std::string::npos;
    }));
  }
}

TEST_CASE("an event is shortened to the broker's largest packet, and the connection stays") {
  LimitedMosquitto world{{"max_packet_size 4000"}};
  MqttProbe watch{world.broker.url()};
  watch.subscribe("iotcard/event/#");
  Daemon daemon{world.dir, world.broker.url(), {.toml = speaking("5")}};
  daemon.wait_online();
  CHECK(daemon.wait_for_log("packet size: the broker takes packets of at most 4000 bytes"));
  watch.publish("/1/BAD/info/post", std::string(3900, 'x'));
  watch.publish("/1/GOOD/info/post", documented_payload);
  REQUIRE(watch.wait_count(2));
  const auto rejected = watch.messages("iotcard/event/report/rejected/1/BAD");
  REQUIRE(rejected.size() == 1);
  CHECK(schema_error(rejected[0].payload).value_or("") == "");
  CHECK_THAT(rejected[0].payload, Contains("payload_cut") && Contains("\"size\":3900"));
  CHECK(daemon.times_in_log("connected to") == 1);
  CHECK_THAT(world.doctor(daemon),
             Contains("packets of at most 4000 bytes, and an event may have"));
}

TEST_CASE("with MQTT 3.1.1, where no limit is announced, a large event is quarantined") {
  LimitedMosquitto world{{"max_packet_size 4000"}};
  MqttProbe watch{world.broker.url()};
  watch.subscribe("iotcard/event/#");
  Daemon daemon{world.dir, world.broker.url(), {.toml = speaking("3.1.1")}};
  daemon.wait_online();
  watch.publish("/1/BAD/info/post", std::string(3900, 'x'));
  watch.publish("/1/GOOD/info/post", documented_payload);
  CHECK(watch.wait_until(
      [](const MqttProbe::Messages& messages) {
        return std::ranges::any_of(messages, [](const ProbeMessage& message) {
          return message.topic == "iotcard/event/mismatch/card_unknown/1/GOOD";
        });
      },
      90s));
  CHECK(daemon.wait_for_log("iotcardctl quarantine list"));
  const CtlResult listed = ctl(world.dir, daemon, {"quarantine", "list"});
  CHECK_THAT(listed.out, Contains("event/report/rejected/1/BAD"));
}

TEST_CASE("a broker of QoS 0 is worked with, and what is lost is said") {
  for (const std::string protocol : {"5", "3.1.1"}) {
    LimitedMosquitto world{{"max_qos 0"}};
    MqttProbe watch{world.broker.url()};
    watch.subscribe("iotcard/event/#", 0);
    Daemon daemon{world.dir, world.broker.url(), {.toml = speaking(protocol)}};
    daemon.wait_online();
    CHECK(daemon.wait_for_log("publishing: the broker takes QoS 0 at most, not the 1"));
    CHECK(daemon.times_in_log("warning: subscription") == 0);  // one warning for all
    watch.publish("/1/D1/info/post", documented_payload, 0);
    CHECK(watch.wait_count(1));
    const std::string doctor = world.doctor(daemon);
    CHECK_THAT(doctor, Contains("the broker takes QoS 0 at most"));
    CHECK_THAT(doctor, Contains("the broker grants /+/+/info/post QoS 0, not the 1 asked for"));
  }
}

TEST_CASE("a subscription that is granted QoS 0 only is a warning, once, and so it is in doctor") {
  TempDir dir;
  Broker broker{
      {.subscribe = [](const std::string& filter) { return filter == "/+/+/info/post" ? 0 : 1; }}};
  Daemon daemon{dir, broker.url()};
  CHECK(
      daemon.wait_for_log("warning: subscription: the broker grants /+/+/info/post QoS 0, not "
                          "the 1 asked for"));
  const CtlResult doctor = ctl(dir, daemon, {"doctor", "--json"});
  CHECK_THAT(doctor.out, Contains("the broker grants /+/+/info/post QoS 0, not the 1 asked for"));
}

TEST_CASE("a shorter session expiry is a warning with both figures, and again when it changes") {
  std::atomic<bool> break_off{false};
  TempDir dir;
  Broker broker{{.properties = Broker::long_property(session_expiry, 3600),
                 .publish = [&](const Broker::Publish& publish) {
                   const bool off = break_off && publish.topic.find("/event/") != std::string::npos;
                   return off ? std::nullopt : std::optional{0};
                 }}};
  Daemon daemon{dir, broker.url()};
  const std::string warning =
      "session expiry: the broker keeps the session for 3600 s, not for the "
      "604800 s";
  REQUIRE(daemon.wait_for_log(warning));
  break_off = true;
  bind_device(dir, daemon, "1/D1", 1);
  REQUIRE(daemon.wait_for_log("trying again"));
  break_off = false;
  REQUIRE(eventually([&] { return daemon.times_in_log("connected to") >= 2; }));
  CHECK(daemon.times_in_log(warning) == 1);
  CHECK_THAT(ctl(dir, daemon, {"doctor", "--json"}).out,
             Contains("for 3600 s, not for the 604800"));
}

TEST_CASE("a last will that is refused is asked for without retain and at QoS 0") {
  Broker broker{{.connect = [](const Broker::Connect& connect) -> std::optional<int> {
                   if (connect.will_retain) return 0x9a;
                   if (connect.will_qos > 0) return 0x9b;
                   return 0;
                 },
                 .properties = Broker::byte_property(retain_available, 0) +
                               Broker::byte_property(maximum_qos, 0)}};
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  REQUIRE(eventually([&] { return !broker.published().empty(); }));
  CHECK(broker.published()[0].qos == 0);
  CHECK_FALSE(broker.published()[0].retain);
  CHECK(broker.connects().size() == 3);
  CHECK(broker.connects().back().will);
}

TEST_CASE("a broker of MQTT 3.1.1 that hangs up on a retained will is asked without") {
  Broker broker{{.connect = [](const Broker::Connect& connect) -> std::optional<int> {
    if (connect.mqtt5 || connect.will_retain) return std::nullopt;
    return 0;
  }}};
  SessionRecord record{test_session(broker.url())};
  record.start();
  record.wait_connected();
  CHECK_FALSE(record.connected()[0].mqtt5);
  CHECK_FALSE(record.connected()[0].concessions.retain);
}

TEST_CASE("one hang-up of a broker of MQTT 3.1.1 costs no promise") {
  std::atomic<bool> stops{true};
  Broker broker{{.connect = [&](const Broker::Connect& connect) -> std::optional<int> {
    if (connect.mqtt5 || stops.exchange(false)) return std::nullopt;
    return 0;
  }}};
  SessionRecord record{test_session(broker.url())};
  record.start();
  record.wait_connected();
  CHECK(record.connected()[0].concessions == Concessions{});
}

TEST_CASE("what a broker of MQTT 3.1.1 hung up on is asked for again at a later connection") {
  std::atomic<bool> takes_wills{false};
  std::atomic<bool> breaks{false};
  Broker broker{{.connect = [&](const Broker::Connect& connect) -> std::optional<int> {
                   if (connect.mqtt5) return std::nullopt;
                   if (!takes_wills && (connect.will_retain || connect.will_qos > 0)) {
                     return std::nullopt;
                   }
                   return 0;
                 },
                 .publish =
                     [&](const Broker::Publish&) {
                       return breaks.exchange(false) ? std::nullopt : std::optional{0};
                     }}};
  SessionOptions options = test_session(broker.url());
  options.stable_after = 0ms;
  SessionRecord record{options};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  CHECK(record.connected()[0].concessions == Concessions{.retain = false, .will_qos = 0});
  takes_wills = true;
  breaks = true;
  record.session().set_status("degraded");  // the broker ends the connection
  REQUIRE(eventually([&] { return record.connected().size() == 2; }));
  CHECK(record.connected()[1].concessions == Concessions{});
}

TEST_CASE("a broker without wildcards, or without shared subscriptions, is named") {
  {
    Broker broker{{.properties = Broker::byte_property(wildcards_available, 0)}};
    SessionRecord record{test_session(broker.url())};
    record.start();
    record.wait_reason("takes no subscriptions with wildcards");
    CHECK(broker.filters().empty());
  }
  Broker broker{{.properties = Broker::byte_property(shared_available, 0)}};
  SessionOptions options = test_session(broker.url());
  options.share = "group";
  SessionRecord record{options};
  record.start();
  record.wait_reason("no shared subscriptions: remove reports.share");
  CHECK(broker.filters().empty());
}

TEST_CASE("an event whose topic ends each connection is quarantined, and published once it may") {
  const std::string long_name(225, 'L');
  std::atomic<bool> mended{false};
  TempDir dir;
  Broker broker{{.publish = [&](const Broker::Publish& publish) {
    return publish.topic.size() > 256 && !mended ? std::nullopt : std::optional{0};
  }}};
  Daemon daemon{dir, broker.url()};
  REQUIRE(daemon.wait_for_log("connected to"));
  bind_device(dir, daemon, "1/D1", 1);
  bind_device(dir, daemon, "1/" + long_name, 2);
  bind_device(dir, daemon, "1/D3", 3);
  bind_device(dir, daemon, "1/D4", 4);
  REQUIRE(eventually(90s, [&] { return broker.count(event_topic("1/D4")) > 0; }));
  CHECK(broker.count(event_topic("1/D1")) > 0);
  CHECK(broker.count(event_topic("1/D3")) > 0);
  CHECK(daemon.wait_for_log("the broker ended the connection 3 times in a row"));
  const CtlResult listed = ctl(dir, daemon, {"quarantine", "list", "--json"});
  rapidjson::Document events;
  events.Parse(listed.out.c_str());
  REQUIRE(events.IsArray());
  REQUIRE(events.Size() == 1);
  CHECK(events[0]["topic"] == ("event/binding/created/1/" + long_name).c_str());
  CHECK_THAT(ctl(dir, daemon, {"status"}).out, Contains("quarantined events"));
  CHECK_THAT(ctl(dir, daemon, {"status", "--json"}).out, Contains("\"quarantined\":1"));

  mended = true;
  CHECK_THAT(ctl(dir, daemon, {"replay", "--quarantined", "--dry-run"}).out,
             Contains("1 quarantined events would be published again"));
  CHECK(ctl(dir, daemon, {"replay", "--quarantined"}).status == 0);
  CHECK(eventually([&] { return broker.count(event_topic("1/" + long_name)) == 1; }));
  CHECK_THAT(ctl(dir, daemon, {"quarantine", "list"}).out, Contains("no quarantined events"));
}

TEST_CASE("an event that PUBACK calls impossible is quarantined at once") {
  TempDir dir;
  Broker broker{{.publish = [](const Broker::Publish& publish) {
    return publish.topic == event_topic("1/D1") ? std::optional{0x90} : std::optional{0};
  }}};
  Daemon daemon{dir, broker.url(), {.api = true}};
  REQUIRE(daemon.wait_for_log("connected to"));
  bind_device(dir, daemon, "1/D1", 1);
  bind_device(dir, daemon, "1/D2", 2);
  // Twice if it was under way when the other was refused: it is sent at least once.
  REQUIRE(eventually([&] { return broker.count(event_topic("1/D2")) > 0; }));
  REQUIRE(eventually([&] {
    return ctl(dir, daemon, {"quarantine", "list"}).out.find("1/D1") != std::string::npos;
  }));
  CHECK(ctl(dir, daemon, {"quarantine", "remove"}).status == 2);
  CHECK(ctl(dir, daemon, {"quarantine", "remove", "99"}).status == 1);
  CHECK(ctl(dir, daemon, {"quarantine", "remove", "1"}).status == 0);
  CHECK_THAT(ctl(dir, daemon, {"quarantine", "list"}).out, Contains("no quarantined events"));
  CHECK(daemon.times_in_log("connected to") == 1);
}

TEST_CASE("an event that alone is refused again and again is quarantined, since others are taken") {
  TempDir dir;
  Broker broker{{.publish = [](const Broker::Publish& publish) {
    return publish.topic == event_topic("1/D1") ? std::optional{0x87} : std::optional{0};
  }}};
  Daemon daemon{dir, broker.url()};
  REQUIRE(daemon.wait_for_log("connected to"));
  bind_device(dir, daemon, "1/D1", 1);
  for (int i = 2; i < 5; ++i) bind_device(dir, daemon, "1/D" + std::to_string(i), i);
  REQUIRE(eventually(60s, [&] {
    return ctl(dir, daemon, {"quarantine", "list"}).out.find("1/D1") != std::string::npos;
  }));
  CHECK(eventually([&] { return broker.count(event_topic("1/D4")) > 0; }));
  CHECK(eventually([&] {
    return ctl(dir, daemon, {"status", "--json"}).out.find("\"outbox\":0") != std::string::npos;
  }));
}
