// SPDX-License-Identifier: Apache-2.0
// watched_broker.h - What most tests of the daemon need: a real mosquitto that keeps its sessions,
// and a subscriber that sees each event and checks it against the schema. One thread.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/daemon.h"
#include "support/event_schema.h"
#include "support/mosquitto.h"
#include "support/mqtt_probe.h"
#include "support/small_disk.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace iotcard {

inline const std::string documented_payload =
    read_file(IOTCARD_SOURCE_DIR "/examples/reports/documented.json");
inline constexpr const char* documented_iccid = "898604293620C0000970";

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Ask before anything else: see small_disk.h.
inline bool may_mount() {
  if (SmallDisk::possible()) return true;
  WARN("not tested: nothing may be mounted here");
  return false;
}

struct WatchedBroker {
  WatchedBroker() : broker(dir, {.persistence = true, .lines = {"max_queued_messages 0"}}) {
    watch();
  }
  ~WatchedBroker() {
    if (!test_has_failed()) return;
    UNSCOPED_INFO(broker.tail());
  }

  // Again after the broker was away.
  void watch() {
    events = std::make_unique<MqttProbe>(
        broker.url(), MqttProbe::Options{.client_id = "watcher", .clean = false});
    events->subscribe("iotcard/event/#");
    events->subscribe("iotcard/status");
  }

  void report(const std::string& number, const std::string& payload, int qos = 1) {
    if (!devices) devices = std::make_unique<MqttProbe>(broker.url());
    devices->publish("/1/" + number + "/info/post", payload, qos);
  }
  // Before the broker goes away.
  void forget() {
    events.reset();
    devices.reset();
  }

  // Topics of the events so far, without the prefix, each of them valid.
  std::vector<std::string> seen() const {
    std::vector<std::string> topics;
    const std::string prefix = "iotcard/event/";
    for (const ProbeMessage& message : events->messages()) {
      if (message.topic.rfind(prefix, 0) != 0) continue;
      const auto error = schema_error(message.payload);
      INFO(message.payload);
      CHECK(error.value_or("") == "");
      topics.push_back(message.topic.substr(prefix.size()));
    }
    return topics;
  }

  bool wait_for(const std::string& topic, std::size_t count = 1) const {
    return events->wait_until([&](const MqttProbe::Messages& messages) {
      std::size_t found = 0;
      for (const ProbeMessage& message : messages) {
        if (message.topic == "iotcard/event/" + topic) ++found;
      }
      return found >= count;
    });
  }

  std::string status() const {
    const auto messages = events->messages("iotcard/status");
    return messages.empty() ? "" : messages.back().payload;
  }
  bool wait_for_status(const std::string& part) const {
    return eventually([&] { return status().find(part) != std::string::npos; });
  }

  TempDir dir;
  Mosquitto broker;
  std::unique_ptr<MqttProbe> events;
  std::unique_ptr<MqttProbe> devices;
};

inline void add_card(const TempDir& dir, const Daemon& daemon, const std::string& iccid) {
  const CtlResult added = ctl(dir, daemon, {"card", "add", iccid});
  INFO(added.err);
  REQUIRE(added.status == 0);
}

}  // namespace iotcard
