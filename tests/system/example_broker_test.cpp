// SPDX-License-Identifier: Apache-2.0
// What works on the broker of examples/mosquitto: reports, queues, reloads and accounts.
#include <algorithm>

#include "system/example_broker_fleet.h"

namespace iotcard::example {

TEST_CASE("example broker: an honest device's report becomes an event that an operator sees") {
  Fleet fleet;
  const CtlResult added = ctl(fleet.dir, *fleet.daemon, {"card", "add", card});
  REQUIRE(added.status == 0);
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    const auto by_password = fleet.device("1/D1", mqtt5);
    fleet.expect_report(*by_password, "1/D1", "by password");
    const auto by_certificate =
        connect(fleet.broker.certified_url(), fleet.broker.certified_device("1/D3", mqtt5));
    REQUIRE(by_certificate);
    fleet.expect_report(*by_certificate, "1/D3", "by certificate");
  }
  for (const ProbeMessage& message : fleet.people->messages()) {
    if (message.topic == "iotcard/status") continue;
    CHECK(schema_error(message.payload).value_or("") == "");
  }
  CHECK(fleet.heard("iotcard/event/binding/created/1/D1"));
}

TEST_CASE("example broker: a packet that is too large costs its device the connection") {
  Fleet fleet;
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    const auto device = fleet.device("1/D1", mqtt5);
    try_to_publish(*device, "/1/D1/info/post", report(std::string(262'144, 'x')), 1, false);
    CHECK(eventually([&] { return device->lost(); }));
    CHECK_FALSE(fleet.heard("xxx"));
    const auto again = fleet.device("1/D1", mqtt5);
    again->publish("/1/D1/info/post", report(std::string(150'000, 'y')));
    CHECK(eventually([&] { return fleet.heard("yyy"); }));
    fleet.expect_report(*again, "1/D1", mqtt5 ? "honest by 5" : "honest by 3.1.1");
  }
}

TEST_CASE(
    "example broker: reports wait for a daemon that is away, also while the broker restarts") {
  Fleet fleet;
  REQUIRE(fleet.daemon->terminate() == 0);
  {
    const auto device = fleet.device("1/D1", false);
    device->publish("/1/D1/info/post", report("at QoS 0"), 0);
    device->publish("/1/D1/info/post", report("at QoS 1"), 1);
    // More than mosquitto keeps by default.
    for (int i = 0; i < 1500; ++i) device->publish("/1/D1/info/post", report("more"), 1);
  }
  fleet.people.reset();
  fleet.reports.reset();
  fleet.broker.stop();
  fleet.broker.start();
  fleet.people = connect(fleet.broker.staff_url(), fleet.broker.staff("operator"));
  REQUIRE(fleet.people);
  fleet.people->subscribe("iotcard/event/#");
  fleet.daemon->start();
  CHECK(eventually([&] { return fleet.events_of("1/D1") == 1502; }));
  CHECK(fleet.events_of("1/D1") == 1502);
}

TEST_CASE(
    "example broker: a reload lets in who is new, puts out who is gone, and disturbs no other") {
  Fleet fleet;
  ExampleBroker& broker = fleet.broker;
  const auto gone = fleet.device("1/D1", true);
  const auto stays = fleet.device("1/D2", true);
  const auto certified = connect(broker.certified_url(), broker.certified_device("1/D3"));
  REQUIRE(certified);
  broker.remove_device("1/D1");
  broker.add_device("1/new");
  broker.reload();
  std::unique_ptr<MqttProbe> fresh;
  CHECK(eventually([&] {
    fresh = connect(broker.devices_url(), broker.device("1/new"));
    return fresh != nullptr;
  }));
  REQUIRE(fresh);
  fleet.expect_report(*fresh, "1/new", "new");
  fleet.expect_report(*stays, "1/D2", "stays");
  fleet.expect_report(*certified, "1/D3", "certified");
  CHECK_FALSE(connect(broker.devices_url(), broker.device("1/D1")));
  CHECK(eventually([&] { return gone->lost(); }));
  CHECK(fleet.daemon->log().find("trying again") == std::string::npos);
}

TEST_CASE("example broker: accounts are made for PRODUCT/NUMBER and for nothing else") {
  TempDir dir;
  ExampleBroker broker{dir};
  for (const char* name : {"D1", "1/", "/D1", "1/D1/x", "+/+", "#/x", "1/+", "1/D 1", "1/D1:x",
                           "../D1", "1/..", "", "1/D1\nother:hash", "-h/x"}) {
    INFO(name);
    CHECK_THROWS(broker.add_device(name));
    CHECK_THROWS(broker.add_certified_device(name));
  }
  CHECK_NOTHROW(broker.add_device("1/D1"));
  CHECK_NOTHROW(broker.add_device("11/D1"));
  CHECK_NOTHROW(broker.add_device("1/D1"));  // a new password, the other device keeps its own
  const std::string file = read_file(dir.file("iotcard.passwords"));
  CHECK(std::count(file.begin(), file.end(), '\n') == 2);
  CHECK(file.find(broker.password("1/D1")) == std::string::npos);
}

}  // namespace iotcard::example
