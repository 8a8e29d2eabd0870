// SPDX-License-Identifier: Apache-2.0
// example_broker_fleet.h - The broker of examples/mosquitto with a daemon, an operator and devices
// on it, for the tests of it. One thread.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/event_schema.h"
#include "support/example_broker.h"

namespace iotcard::example {

using Topics = std::vector<std::string>;

inline const std::string card = "898604293620C0000970";

inline std::string report(const std::string& text) {
  return R"({"iccid":")" + card + R"(","summary":")" + text + "\"}";
}

// Connects, or says why not.
inline std::unique_ptr<MqttProbe> connect(const std::string& url,
                                          const MqttProbe::Options& options) {
  try {
    return std::make_unique<MqttProbe>(url, options);
  } catch (const std::runtime_error& error) {
    UNSCOPED_INFO(error.what());
    return nullptr;
  }
}

// The broker may refuse it, and may end the connection behind that.
inline void try_to_publish(MqttProbe& probe, const std::string& topic, const std::string& payload,
                           int qos, bool retain) {
  try {
    probe.publish(topic, payload, qos, retain);
  } catch (const std::runtime_error&) {
  }
}

inline void try_to_subscribe(MqttProbe& probe, const std::string& filter) {
  try {
    probe.subscribe(filter);
  } catch (const std::runtime_error&) {
  }
}

// The devices are 1/D1 and 1/D2, with passwords, and 1/D3, with a certificate.
struct Fleet {
  enum class Access : std::uint8_t { normal, strict };

  explicit Fleet(Access access = Access::normal) : broker(dir) {
    if (access == Access::strict) broker.let_devices_read_nothing();
    broker.let_script_say_states();
    for (const char* name : {"1/D1", "1/D2"}) broker.add_device(name);
    broker.add_certified_device("1/D3");
    for (const char* name : {"+/+", "x/#", "+/D2", "1/plain"}) broker.add_user(name);
    broker.add_expired_device("1/D4");
    broker.start();
    daemon = std::make_unique<Daemon>(dir, broker.staff_url(), broker.daemon());
    watch();
  }
  ~Fleet() {
    if (test_has_failed()) UNSCOPED_INFO(last_lines(broker.log(), 60) << daemon->tail());
  }

  // An operator, and one with the daemon's own account who sees each report that gets through.
  void watch() {
    people = connect(broker.staff_url(), broker.staff("operator"));
    REQUIRE(people);
    people->subscribe("iotcard/event/#");
    people->subscribe("iotcard/status");
    reports = connect(broker.staff_url(), broker.staff("iotcardd"));
    REQUIRE(reports);
    reports->subscribe("/+/+/info/post");
    reports->subscribe("iotcard/#");
    REQUIRE(people->wait_until([](const MqttProbe::Messages& messages) {
      return !messages.empty() && messages.back().payload.find("\"online\"") != std::string::npos;
    }));
  }

  std::unique_ptr<MqttProbe> device(const std::string& name, bool mqtt5) {
    auto probe = connect(broker.devices_url(), broker.device(name, mqtt5));
    REQUIRE(probe);
    return probe;
  }

  // What came to be known of reports: the payloads that the daemon may have seen, and events.
  bool heard(const std::string& text) const {
    for (const MqttProbe* probe : {reports.get(), people.get()}) {
      for (const ProbeMessage& message : probe->messages()) {
        if (message.topic.find(text) != std::string::npos) return true;
        if (message.payload.find(text) != std::string::npos) return true;
      }
    }
    return false;
  }

  // An honest report, seen on its way and, as an event of this device, by the operator: the barrier
  // behind which a cheat would have shown.
  void expect_report(MqttProbe& from, const std::string& name, const std::string& text) {
    const std::size_t before = events_of(name);
    from.publish("/" + name + "/info/post", report(text));
    CHECK(reports->wait_until([&](const MqttProbe::Messages& messages) {
      return !messages.empty() && messages.back().payload.find("\"time\"") != std::string::npos &&
             heard_in(messages, text);
    }));
    CHECK(eventually([&] { return events_of(name) > before; }));
  }

  std::size_t events_of(const std::string& name) const {
    std::size_t count = 0;
    for (const ProbeMessage& message : people->messages()) {
      const std::string& topic = message.topic;
      if (topic.rfind("iotcard/event/", 0) != 0) continue;
      if (topic.size() > name.size() && topic.substr(topic.size() - name.size()) == name) ++count;
    }
    return count;
  }

  static bool heard_in(const MqttProbe::Messages& messages, const std::string& text) {
    for (const ProbeMessage& message : messages) {
      if (message.payload.find(text) != std::string::npos) return true;
    }
    return false;
  }

  TempDir dir;
  ExampleBroker broker;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<MqttProbe> people;
  std::unique_ptr<MqttProbe> reports;
};

inline Topics topics_of(const MqttProbe& probe) {
  Topics topics;
  for (const ProbeMessage& message : probe.messages()) topics.push_back(message.topic);
  return topics;
}

}  // namespace iotcard::example
