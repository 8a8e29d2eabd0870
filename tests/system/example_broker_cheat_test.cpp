// SPDX-License-Identifier: Apache-2.0
// Devices, scripts and operators that cheat on the broker of examples/mosquitto. The test looks at
// what arrives, not at what the broker answers: it answers a SUBSCRIBE that it will not honour with
// success, and drops a PUBLISH in silence. Each cheat is followed by what the same client may do,
// so that a broker that lets nothing through fails the test as well.
#include "system/example_broker_fleet.h"

namespace iotcard::example {

TEST_CASE("example broker: a device is asked, and hears what is meant for it and nothing else") {
  Fleet fleet;
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    const auto nosy = fleet.device("1/D1", mqtt5);
    for (const char* filter :
         {"#", "+/#", "/+/+/info/post", "/+/+/info/get", "/1/D2/#", "/1/D1/#", "/1/D1/info/post",
          "iotcard/#", "iotcard/event/#", "iotcard/status", "$SYS/#", "$SYS/broker/version",
          "$share/g/#", "$share/g//+/+/info/post", "$share/iotcardd/iotcard/event/#"}) {
      try_to_subscribe(*nosy, filter);
    }
    const auto other = fleet.device("1/D2", mqtt5);
    other->subscribe("/1/D2/info/get");
    fleet.expect_report(*other, "1/D2", "not for D1");
    const CtlResult two = ctl(fleet.dir, *fleet.daemon, {"device", "ask", "1/D2", "--force"});
    INFO(two.err);
    REQUIRE(two.status == 0);
    CHECK(other->wait_count(1));
    const CtlResult one = ctl(fleet.dir, *fleet.daemon, {"device", "ask", "1/D1", "--force"});
    REQUIRE(one.status == 0);
    CHECK(nosy->wait_count(1));
    fleet.expect_report(*nosy, "1/D1", "my own");
    nosy->settle();
    for (const std::string& topic : topics_of(*nosy)) CHECK(topic == "/1/D1/info/get");
    CHECK(topics_of(*other) == Topics{"/1/D2/info/get"});
  }
  // The operator may read the counters of the broker, so there was something to read.
  fleet.people->subscribe("$SYS/broker/version");
  CHECK(fleet.people->wait_until([](const MqttProbe::Messages& messages) {
    return !messages.empty() && messages.back().topic == "$SYS/broker/version";
  }));
}

TEST_CASE("example broker: a device reads nothing where the list is the strict one") {
  Fleet fleet{Fleet::Access::strict};
  for (const bool mqtt5 : {true, false}) {
    const auto device = fleet.device("1/D1", mqtt5);
    for (const char* filter : {"#", "/1/D1/info/get"}) try_to_subscribe(*device, filter);
    const CtlResult asked = ctl(fleet.dir, *fleet.daemon, {"device", "ask", "1/D1", "--force"});
    REQUIRE(asked.status == 0);
    // The answer to this publication would come behind it.
    fleet.expect_report(*device, "1/D1", "by itself");
    CHECK(device->messages().empty());
  }
}

TEST_CASE("example broker: a device writes below its own name and nowhere else") {
  Fleet fleet;
  const auto victim = fleet.device("1/D2", true);
  victim->subscribe("/1/D2/info/get");
  int count = 0;
  for (const bool mqtt5 : {true, false}) {
    for (const int qos : {0, 1}) {
      for (const bool retain : {false, true}) {
        for (const std::string topic :
             {"/1/D2/info/post", "/1/D11/info/post", "/11/D1/info/post", "/1/d1/info/post",
              "/1/D2/info/get", "/1//info/post", "//D1/info/post", "/iotcardd/D1/info/post",
              "iotcard/event/binding/created/1/D1", "iotcard/status",
              "iotcard/card/898604293620C0000970/state/set"}) {
          const std::string mark = "cheat-" + std::to_string(++count);
          INFO(topic << " MQTT " << (mqtt5 ? "5" : "3.1.1") << " QoS " << qos
                     << (retain ? " R" : ""));
          const auto cheat = fleet.device("1/D1", mqtt5);
          try_to_publish(*cheat, topic, report(mark), qos, retain);
          cheat->disconnect();
          CHECK_FALSE(fleet.heard(mark));
        }
        const std::string mark = "honest-" + std::to_string(count);
        const auto honest = fleet.device("1/D1", mqtt5);
        fleet.expect_report(*honest, "1/D1", mark);
      }
    }
  }
  CHECK_FALSE(fleet.heard("cheat-"));
  CHECK(fleet.events_of("1/D2") == 0);
  victim->settle();
  CHECK(topics_of(*victim).empty());
  // Nothing is retained that those who come later would find.
  fleet.watch();
  fleet.reports->subscribe("/1/D2/info/get");
  const auto honest = fleet.device("1/D1", true);
  fleet.expect_report(*honest, "1/D1", "the last");
  CHECK_FALSE(fleet.heard("cheat-"));
  CHECK(fleet.people->messages("iotcard/status").size() == 1);
}

TEST_CASE("example broker: a script says the state of cards, and can do nothing else") {
  Fleet fleet;
  const std::string topic = "iotcard/card/" + card + "/state/set";
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    const auto script = connect(fleet.broker.staff_url(), fleet.broker.staff("script", mqtt5));
    REQUIRE(script);
    for (const char* filter : {"#", "iotcard/#", "/+/+/info/post", topic.c_str()}) {
      try_to_subscribe(*script, filter);
    }
    for (const char* other : {"iotcard/event/card/abnormal/1/D1", "iotcard/status",
                              "/1/D2/info/post", "/script/D1/info/post"}) {
      const auto cheat = connect(fleet.broker.staff_url(), fleet.broker.staff("script", mqtt5));
      REQUIRE(cheat);
      try_to_publish(*cheat, other, report("cheat"), 1, false);
    }
    script->publish(topic, mqtt5 ? R"({"status":"suspended"})" : R"({"status":"active"})");
    CHECK(eventually([&] {
      return fleet.heard(mqtt5 ? "iotcard/event/card/abnormal/card/" + card
                               : "iotcard/event/card/recovered/card/" + card);
    }));
    CHECK_FALSE(fleet.heard("cheat"));
    CHECK(script->messages().empty());
  }
}

TEST_CASE("example broker: a will is published only where its client may write") {
  Fleet fleet;
  for (const bool mqtt5 : {true, false}) {
    for (const std::string topic :
         {"/1/D2/info/post", "iotcard/status", "iotcard/event/a/b/1/D1"}) {
      INFO(topic);
      MqttProbe::Options options = fleet.broker.device("1/D1", mqtt5);
      options.will_topic = topic;
      options.will_payload = report("cheat");
      if (const auto probe = connect(fleet.broker.devices_url(), options)) probe->break_off();
    }
    MqttProbe::Options options = fleet.broker.device("1/D1", mqtt5);
    options.will_topic = "/1/D1/info/post";
    options.will_payload = report("my own will");
    const auto probe = connect(fleet.broker.devices_url(), options);
    REQUIRE(probe);
    probe->break_off();
    CHECK(eventually([&] { return fleet.heard("my own will"); }));
    CHECK_FALSE(fleet.heard("cheat"));
  }
}

TEST_CASE("example broker: another's client id throws nobody out") {
  Fleet fleet;
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    MqttProbe::Options durable = fleet.broker.device("1/D2", mqtt5);
    durable.client_id = "1/D2";
    durable.clean = false;
    const auto victim = connect(fleet.broker.devices_url(), durable);
    REQUIRE(victim);
    victim->subscribe("/1/D2/info/get");
    for (const char* id : {"1/D2", "iotcardd"}) {
      MqttProbe::Options options = fleet.broker.device("1/D1", mqtt5);
      options.client_id = id;
      const auto cheat = connect(fleet.broker.devices_url(), options);
      REQUIRE(cheat);
      try_to_publish(*cheat, "/1/D2/info/post", report("cheat"), 0, false);
      fleet.expect_report(*cheat, "1/D1", std::string{"honest as "} + id);
    }
    victim->settle();
    CHECK_FALSE(victim->lost());
    CHECK_FALSE(fleet.heard("cheat"));
    // The name itself is what counts: D2 may throw out D2.
    const auto again = connect(fleet.broker.devices_url(), durable);
    REQUIRE(again);
    CHECK(again->session_present());
    CHECK(eventually([&] { return victim->lost(); }));
  }
  CHECK(fleet.daemon->log().find("trying again") == std::string::npos);
}

TEST_CASE("example broker: a user name with wildcards may do nothing at all") {
  Fleet fleet;
  const auto victim = fleet.device("1/D2", true);
  victim->subscribe("/1/D2/info/get");
  for (const bool mqtt5 : {true, false}) {
    for (const char* name : {"+/+", "x/#", "+/D2"}) {
      INFO(name << " MQTT " << (mqtt5 ? "5" : "3.1.1"));
      const auto nosy = fleet.device(name, mqtt5);
      for (const char* filter : {"#", "/+/+/info/get", "/1/D2/info/get"}) {
        try_to_subscribe(*nosy, filter);
      }
      const CtlResult asked = ctl(fleet.dir, *fleet.daemon, {"device", "ask", "1/D2", "--force"});
      REQUIRE(asked.status == 0);
      for (const char* topic : {"/1/D2/info/post", "/1/D2/info/get", "iotcard/status"}) {
        const auto cheat = fleet.device(name, mqtt5);
        try_to_publish(*cheat, topic, report("cheat"), 1, false);
      }
      // An account made in the same way, of a name without wildcards, can do both.
      const auto plain = fleet.device("1/plain", mqtt5);
      fleet.expect_report(*plain, "1/plain", "plain");
      plain->subscribe("/1/plain/info/get");
      plain->settle();
      CHECK_FALSE(fleet.heard("cheat"));
      CHECK(nosy->messages().empty());
    }
  }
  victim->settle();
  for (const std::string& topic : topics_of(*victim)) CHECK(topic == "/1/D2/info/get");
  CHECK(victim->messages().size() == 6);
}

TEST_CASE("example broker: without the right credentials nobody comes in") {
  Fleet fleet;
  ExampleBroker& broker = fleet.broker;
  TempDir elsewhere;
  ExampleBroker stranger{elsewhere};  // the same names, other authorities
  stranger.add_certified_device("1/D3");
  for (const bool mqtt5 : {true, false}) {
    INFO("MQTT " << (mqtt5 ? "5" : "3.1.1"));
    const auto with = [&](MqttProbe::Options options, const std::string& user,
                          const std::string& password) {
      options.username = user;
      options.password = password;
      return options;
    };
    const MqttProbe::Options honest = broker.device("1/D1", mqtt5);
    CHECK_FALSE(connect(broker.devices_url(), with(honest, "", "")));
    CHECK_FALSE(connect(broker.devices_url(), with(honest, "1/D1", "")));
    CHECK_FALSE(connect(broker.devices_url(), with(honest, "1/D1", "wrong")));
    CHECK_FALSE(connect(broker.devices_url(), with(honest, "1/D2", broker.password("1/D1"))));
    CHECK_FALSE(connect(broker.devices_url(), with(honest, "iotcardd", broker.password("1/D1"))));
    CHECK(connect(broker.devices_url(), honest));

    // A certificate of a stranger who gave it the right name, one that has expired, and none.
    MqttProbe::Options foreign = stranger.certified_device("1/D3", mqtt5);
    foreign.tls.ca_file = honest.tls.ca_file;
    CHECK_FALSE(connect(broker.certified_url(), foreign));
    CHECK_FALSE(connect(broker.certified_url(), broker.certified_device("1/D4", mqtt5)));
    CHECK_FALSE(connect(broker.certified_url(), honest));
    CHECK(connect(broker.certified_url(), broker.certified_device("1/D3", mqtt5)));

    // The staff's listener takes no device, and the devices' no staff.
    CHECK_FALSE(connect(broker.staff_url(), honest));
    CHECK_FALSE(connect(broker.staff_url(), broker.certified_device("1/D3", mqtt5)));
    CHECK_FALSE(connect(broker.certified_url(), broker.staff("iotcardd", mqtt5)));
    CHECK(connect(broker.staff_url(), broker.staff("operator", mqtt5)));

    // The certificate's name counts, whatever user name comes with it.
    const auto liar = connect(broker.certified_url(), with(broker.certified_device("1/D3", mqtt5),
                                                           "1/D1", broker.password("1/D1")));
    if (liar) try_to_publish(*liar, "/1/D1/info/post", report("cheat"), 1, false);
    const auto staff =
        connect(broker.staff_url(), with(broker.staff("operator", mqtt5), "iotcardd", "x"));
    if (staff) try_to_publish(*staff, "iotcard/status", "cheat", 1, true);
  }
  fleet.expect_report(*fleet.device("1/D1", true), "1/D1", "honest");
  CHECK_FALSE(fleet.heard("cheat"));
}

TEST_CASE("example broker: an operator reads, and writes nothing") {
  Fleet fleet;
  for (const bool mqtt5 : {true, false}) {
    for (const char* topic : {"iotcard/event/binding/created/1/D1", "iotcard/status",
                              "/1/D1/info/post", "/1/D1/info/get", "/operator/D1/info/post"}) {
      INFO(topic);
      const auto cheat = connect(fleet.broker.staff_url(), fleet.broker.staff("operator", mqtt5));
      REQUIRE(cheat);
      try_to_publish(*cheat, topic, report("cheat"), 1, true);
    }
    const auto device = fleet.device("1/D1", mqtt5);
    device->subscribe("/1/D1/info/get");
    fleet.expect_report(*device, "1/D1", "honest");
    device->settle();
    CHECK(device->messages().empty());
    CHECK_FALSE(fleet.heard("cheat"));
  }
}

}  // namespace iotcard::example
