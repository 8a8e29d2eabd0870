// SPDX-License-Identifier: Apache-2.0
// The session with a real mosquitto: what arrives, when it is acknowledged, what is published.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "broker/session.h"
#include "support/mosquitto.h"
#include "support/mqtt_probe.h"
#include "support/session_record.h"
#include "support/tcp_relay.h"
#include "support/temp_dir.h"

using namespace iotcard;

namespace {

constexpr int puback = 4;  // MQTT 5.0, 2.1.2

}  // namespace

TEST_CASE("a session speaks MQTT 5 and receives QoS 0 and 1 as they were sent") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord record{test_session(broker.url())};
  record.start();
  record.wait_connected();
  CHECK(record.connected()[0].mqtt5);
  CHECK_FALSE(record.connected()[0].session_present);
  CHECK(record.session().connected());

  MqttProbe probe{broker.url()};
  const std::string binary{
      "a\0\xff"
      "b",
      4};
  probe.publish("devices/1", binary, 1);
  probe.publish("devices/2", "", 0);
  probe.publish("elsewhere/1", "no");
  record.wait_messages(2);
  probe.settle();
  const auto messages = record.messages();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].topic == "devices/1");
  CHECK(messages[0].payload == binary);
  CHECK(messages[0].qos == 1);
  CHECK_FALSE(messages[0].retained);
  CHECK_FALSE(messages[0].duplicate);
  CHECK(messages[1].qos == 0);
  CHECK(messages[1].payload.empty());
}

TEST_CASE("a session with 3.1.1 asked for speaks it") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionOptions options = test_session(broker.url());
  options.protocol = MqttProtocol::v3_1_1;
  SessionRecord record{options};
  record.start();
  record.wait_connected();
  CHECK_FALSE(record.connected()[0].mqtt5);
  MqttProbe{broker.url()}.publish("devices/1", "x");
  record.wait_messages(1);
}

TEST_CASE("a message is acknowledged after its handler has returned, not before") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  std::atomic<std::size_t> acknowledged_inside{1};
  SessionRecord record{test_session(relay.url()), [&](const Message&) {
                         acknowledged_inside = count_packets(relay.sent(), puback);
                       }};
  record.start();
  record.wait_connected();
  MqttProbe{broker.url()}.publish("devices/1", "x");
  CHECK(eventually([&] { return count_packets(relay.sent(), puback) == 1; }));
  CHECK(acknowledged_inside == 0);
}

TEST_CASE("a message whose connection breaks while it is handled comes again") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  std::atomic<int> times{0};
  SessionRecord record{test_session(relay.url()), [&](const Message&) {
                         if (times++ == 0) relay.cut();  // nothing that follows reaches the broker
                       }};
  record.start();
  record.wait_connected();
  MqttProbe{broker.url()}.publish("devices/1", "x");
  record.wait_messages(2);
  const auto messages = record.messages();
  CHECK_FALSE(messages[0].duplicate);
  CHECK(messages[1].duplicate);
  CHECK(messages[1].payload == "x");
}

TEST_CASE("messages wait at the broker while the session is away") {
  TempDir dir;
  Mosquitto broker{dir};
  for (const MqttProtocol protocol : {MqttProtocol::v5, MqttProtocol::v3_1_1}) {
    SessionOptions options = test_session(broker.url());
    options.protocol = protocol;
    options.client_id = protocol == MqttProtocol::v5 ? "five" : "three";
    {
      SessionRecord record{options};
      record.start();
      record.wait_connected();
    }
    MqttProbe probe{broker.url()};
    for (int i = 0; i < 200; ++i) probe.publish("devices/1", std::to_string(i));
    SessionRecord record{options};
    record.start();
    record.wait_messages(200);
    record.wait_connected();
    CHECK(record.connected()[0].session_present);
    probe.settle();
    const auto messages = record.messages();
    REQUIRE(messages.size() == 200);
    for (std::size_t i = 0; i < 200; ++i) CHECK(messages[i].payload == std::to_string(i));
  }
}

TEST_CASE("a session that is not persistent leaves nothing at the broker") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionOptions options = test_session(broker.url());
  options.persistent = false;
  {
    SessionRecord record{options};
    record.start();
    record.wait_connected();
  }
  MqttProbe probe{broker.url()};
  probe.publish("devices/1", "lost");
  SessionRecord record{options};
  record.start();
  record.wait_connected();
  CHECK_FALSE(record.connected()[0].session_present);
  probe.publish("devices/1", "seen");
  record.wait_messages(1);
  CHECK(record.messages()[0].payload == "seen");
}

TEST_CASE("retained messages come when the subscription is new, and not with each reconnect") {
  TempDir dir;
  Mosquitto broker{dir};
  MqttProbe probe{broker.url()};
  probe.publish("devices/1", "kept", 1, true);
  TcpRelay relay{broker.port()};
  SessionRecord record{test_session(relay.url())};
  record.start();
  record.wait_messages(1);
  CHECK(record.messages()[0].retained);
  record.wait_connected();
  relay.cut();
  record.wait_connected(2);
  probe.publish("devices/2", "after");
  record.wait_messages(2);
  CHECK(record.messages()[1].payload == "after");
}

TEST_CASE("each publication ends in exactly one acknowledgement") {
  TempDir dir;
  Mosquitto broker{dir};
  MqttProbe probe{broker.url()};
  probe.subscribe("events/#");
  SessionRecord record{test_session(broker.url())};
  CHECK_FALSE(record.session().publish(0, "events/0", "x", 1, false));
  record.start();
  record.wait_connected();
  constexpr std::int64_t count = 1000;
  for (std::int64_t token = 1; token <= count; ++token) {
    const int qos = token <= count / 2 ? 1 : 0;
    REQUIRE(eventually([&] {
      return record.session().publish(token, "events/x", std::to_string(token), qos, false);
    }));
  }
  for (std::int64_t token = 1; token <= count; ++token) CHECK(record.wait_published(token).ok);
  CHECK(record.published() == count);
  REQUIRE(probe.wait_count(count));
  std::int64_t last = 0;
  for (const ProbeMessage& message : probe.messages()) {  // in order, as QoS 1 promises
    if (message.qos == 1) CHECK(message.payload == std::to_string(++last));
  }
  CHECK(last == count / 2);
}

TEST_CASE("a publication that nobody subscribes to is acknowledged all the same") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  REQUIRE(record.session().publish(7, "nobody/listens", "x", 1, false));
  CHECK(record.wait_published(7).ok);
}

TEST_CASE("whoever sees the status may have the session publish at once") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  SessionRecord record{test_session(relay.url())};
  record.session().set_status("online");
  std::atomic<int> seen = 0;
  std::atomic<int> refused = 0;
  MqttProbe::Options options;
  options.on_message = [&](const ProbeMessage& message) {
    if (message.payload != "online") return;
    if (!record.session().publish(seen + 1, "events/x", "x", 1, false)) ++refused;
    ++seen;
  };
  MqttProbe probe{broker.url(), options};
  probe.subscribe("test/status");
  record.start();
  for (int connection = 1; connection <= 20; ++connection) {  // it is a race, if it is wrong
    record.wait_connected(static_cast<std::size_t>(connection));
    REQUIRE(eventually([&] { return seen == connection; }));
    relay.cut();
  }
  CHECK(refused == 0);
}

TEST_CASE("publications whose acknowledgement is lost with the connection are told as lost") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  SessionRecord record{test_session(relay.url())};
  record.start();
  record.wait_connected();
  relay.set_mode(TcpRelay::Mode::swallow);
  for (int token = 1; token <= 20; ++token) {
    REQUIRE(record.session().publish(token, "events/x", "x", 1, false));
  }
  CHECK(record.published() == 0);
  relay.set_mode(TcpRelay::Mode::carry);
  relay.cut();
  for (int token = 1; token <= 20; ++token) {
    const auto published = record.wait_published(token);
    CHECK_FALSE(published.ok);
    CHECK(published.reason == "the connection broke");
  }
  record.wait_connected(2);
  CHECK(record.published() == 20);
}

TEST_CASE("publishing from other threads while connections come and go is safe") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  SessionRecord record{test_session(relay.url())};
  record.start();
  std::atomic<bool> enough{false};
  std::atomic<std::size_t> accepted{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t i = 0; !enough; ++i) {
        if (record.session().publish(i * 3 + thread, "events/x", "x", 1, false)) {
          ++accepted;
        } else {
          std::this_thread::yield();
        }
        // No more in flight than the packet identifiers allow.
        while (accepted > record.published() + 50 && !enough) std::this_thread::yield();
      }
    });
  }
  for (std::size_t connection = 1; connection <= 10; ++connection) {
    record.wait_connected(connection);
    relay.cut();
  }
  enough = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(eventually([&] { return record.published() == accepted; }));
  CHECK(accepted > 0);
}

TEST_CASE("a shared subscription hands each message to one of the group") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionOptions options = test_session(broker.url());
  options.share = "group";
  options.status_topic = "";
  options.client_id = "first";
  SessionRecord first{options};
  options.client_id = "second";
  SessionRecord second{options};
  first.start();
  second.start();
  first.wait_connected();
  second.wait_connected();
  MqttProbe probe{broker.url()};
  for (int i = 0; i < 100; ++i) probe.publish("devices/1", std::to_string(i));
  CHECK(eventually([&] { return first.messages().size() + second.messages().size() >= 100; }));
  probe.settle();
  CHECK(first.messages().size() + second.messages().size() == 100);
  CHECK(first.messages().size() > 0);
  CHECK(second.messages().size() > 0);
}
