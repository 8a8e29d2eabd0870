// SPDX-License-Identifier: Apache-2.0
// The session when the broker comes late, goes, hangs or forgets; the status topic through all of
// it.
#include <catch2/catch.hpp>

#include "support/mosquitto.h"
#include "support/mqtt_probe.h"
#include "support/session_record.h"
#include "support/tcp_relay.h"
#include "support/temp_dir.h"

using namespace iotcard;

namespace {

bool wait_status(const MqttProbe& probe, const std::string& payload) {
  return probe.wait_until([&](const MqttProbe::Messages& messages) {
    return !messages.empty() && messages.back().payload == payload;
  });
}

// As a client sees it that comes now.
std::string retained_status(const Mosquitto& broker) {
  MqttProbe probe{broker.url()};
  probe.subscribe("test/status");
  probe.settle();
  const auto messages = probe.messages();
  return messages.empty() ? "" : messages.back().payload;
}

}  // namespace

TEST_CASE("a broker that comes late is found, with MQTT 5") {
  TempDir dir;
  Mosquitto broker{dir, {.start = false}};
  SessionRecord record{test_session(broker.url())};
  record.start();
  const std::string reason = record.wait_reason("connection refused");
  CHECK(reason == broker.url() + ": connection refused: no broker listens there");
  CHECK_FALSE(record.session().connected());
  broker.start();
  record.wait_connected();
  CHECK(record.connected()[0].mqtt5);
}

TEST_CASE("after a restart of the broker the session is back, with its status") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  CHECK(retained_status(broker) == "online");
  broker.stop();
  record.wait_reason("connection refused");
  CHECK_FALSE(record.session().connected());
  broker.start();
  record.wait_connected(2);
  CHECK(record.connected()[1].mqtt5);
  CHECK_FALSE(record.connected()[1].session_present);
  // It has no persistence: what it knows it has from us since.
  CHECK(retained_status(broker) == "online");
  MqttProbe{broker.url()}.publish("devices/1", "x");
  record.wait_messages(1);
}

TEST_CASE("a session that has lost its place at a 3.1.1 broker subscribes again") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionOptions options = test_session(broker.url());
  options.protocol = MqttProtocol::v3_1_1;
  SessionRecord record{options};
  record.start();
  record.wait_connected();
  broker.kill();
  broker.start();
  record.wait_connected(2);
  MqttProbe{broker.url()}.publish("devices/1", "x");
  record.wait_messages(1);
}

TEST_CASE("a filter that is new since the last run is subscribed to, whatever the broker kept") {
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
    options.filters.push_back("new/+");
    SessionRecord record{options};
    record.start();
    record.wait_connected();
    CHECK(record.connected()[0].session_present);
    MqttProbe{broker.url()}.publish("new/1", "x");
    record.wait_messages(1);
  }
}

TEST_CASE("the status is told at once, and after a reconnect the one set last") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  SessionRecord record{test_session(relay.url())};
  record.session().set_status("one");
  record.start();
  record.wait_connected();
  MqttProbe probe{broker.url()};
  probe.subscribe("test/status");
  REQUIRE(wait_status(probe, "one"));
  CHECK(probe.messages()[0].retained);
  record.session().set_status("two");
  REQUIRE(wait_status(probe, "two"));
  relay.cut();
  REQUIRE(wait_status(probe, "offline"));  // the last will
  REQUIRE(wait_status(probe, "two"));
}

TEST_CASE("a clean stop says offline") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  record.stop();
  CHECK(retained_status(broker) == "offline");
}

TEST_CASE("a session that ends without a stop says offline") {
  TempDir dir;
  Mosquitto broker{dir};
  MqttProbe probe{broker.url()};
  probe.subscribe("test/status");
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  REQUIRE(wait_status(probe, "online"));
  record.destroy();
  CHECK(wait_status(probe, "offline"));
  CHECK(broker.log().find("Received DISCONNECT from session") != std::string::npos);
}

TEST_CASE("a stop that comes at any moment of connecting leaves no status but offline") {
  TempDir dir;
  Mosquitto broker{dir};
  MqttProbe probe{broker.url()};
  for (int round = 0; round < 10; ++round) {
    SessionRecord record{test_session(broker.url())};
    record.session().set_status("online");
    record.start();
    // Further on in each round.
    const auto at = broker.log().size() + static_cast<std::size_t>(round) * 60;
    eventually(std::chrono::milliseconds{300}, [&] { return broker.log().size() >= at; });
    record.stop();
    const std::string status = retained_status(broker);
    CAPTURE(round);
    CHECK((status.empty() || status == "offline"));
  }
}

TEST_CASE("on hold the broker keeps the messages, and the status is the one set last") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord record{test_session(broker.url())};
  record.session().set_status("online");
  record.start();
  record.wait_connected();
  record.session().set_status("degraded");
  record.session().hold();
  record.wait_reason("on hold");
  CHECK_FALSE(record.session().connected());
  CHECK_FALSE(record.session().publish(1, "x", "x", 1, false));
  CHECK(retained_status(broker) == "degraded");
  MqttProbe probe{broker.url()};
  probe.publish("devices/1", "kept");
  probe.settle();
  CHECK(record.messages().empty());
  record.session().set_status("online");
  record.session().resume();
  record.wait_connected(2);
  CHECK(record.connected()[1].session_present);
  record.wait_messages(1);
  CHECK(retained_status(broker) == "online");
}

TEST_CASE("a session can be stopped while it is on hold, or waits for the next attempt") {
  TempDir dir;
  Mosquitto broker{dir, {.start = false}};
  SessionOptions options = test_session(broker.url());
  options.backoff_min = options.backoff_max = std::chrono::hours{1};
  {
    SessionRecord waiting{options};
    waiting.start();
    waiting.wait_reason("connection refused");
  }
  SessionRecord held{options};
  held.session().hold();
  held.start();
  held.stop();
  SUCCEED("both ended");
}

TEST_CASE("a broker that accepts and never answers is given up, and a stop is not held up by it") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  relay.set_mode(TcpRelay::Mode::swallow);
  SessionRecord record{test_session(relay.url())};
  record.start();
  CHECK(record.wait_reason("no answer") == relay.url() + ": no answer from the broker within 10 s");
  CHECK(eventually([&] { return relay.accepted() >= 2; }));
  const auto began = std::chrono::steady_clock::now();
  record.stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{3});
  CHECK(record.connected().empty());
}

TEST_CASE("a connection that has gone silent is noticed by its keep-alive") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  SessionOptions options = test_session(relay.url());
  options.keep_alive = std::chrono::seconds{1};
  SessionRecord record{options};
  record.start();
  record.wait_connected();
  relay.set_mode(TcpRelay::Mode::swallow);
  CHECK(eventually([&] { return !record.session().connected(); }));
  relay.set_mode(TcpRelay::Mode::carry);
  record.wait_connected(2);
}

TEST_CASE("two clients of the same id throw each other out, and are told what it may be") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionRecord first{test_session(broker.url())};
  SessionRecord second{test_session(broker.url())};
  first.start();
  second.start();
  first.wait_reason("does another client use the client id session?");
}
