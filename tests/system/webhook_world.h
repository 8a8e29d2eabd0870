// SPDX-License-Identifier: Apache-2.0
// webhook_world.h - A daemon whose [[webhook]] sections name receivers of the test's. One thread.
#pragma once

#include <fmt/format.h>

#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "base/base64.h"
#include "support/proxy_settings.h"
#include "support/webhook_receiver.h"
#include "system/watched_broker.h"

namespace iotcard {

// The ids of events by their device, each once, in the order in which they came first.
using IdsByDevice = std::map<std::string, std::vector<std::string>>;

inline std::string text_behind(const std::string& json, const std::string& key) {
  const std::string before = "\"" + key + "\":\"";
  const std::size_t at = json.find(before);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + before.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

inline IdsByDevice ids_by_device(const std::vector<std::string>& events) {
  IdsByDevice ids;
  for (const std::string& event : events) {
    auto& of_device = ids[text_behind(event, "subject")];
    const std::string id = text_behind(event, "id");
    if (std::ranges::find(of_device, id) == of_device.end()) of_device.push_back(id);
  }
  return ids;
}

struct WebhookWorld : WatchedBroker {
  WebhookWorld() { write_file(secret_file, secret + "\n"); }

  std::string section(const std::string& name, const std::string& url,
                      const std::string& more = "") const {
    return fmt::format(
        "[[webhook]]\nname = \"{}\"\nurl = \"{}\"\nsecret_file = \"{}\"\ntimeout = \"1s\"\n{}\n",
        name, url, secret_file, more);
  }
  static std::map<std::string, std::string> toml(const std::string& sections) {
    return {{"retention", "events = 100000"}, {"", sections}};
  }
  static Daemon::Options with_webhooks(const std::string& sections) {
    Daemon::Options options;
    options.toml = toml(sections);
    options.api = true;
    return options;
  }
  void reload(Daemon& daemon, const std::string& sections) const {
    daemon.write_config(toml(sections));
    const std::size_t before = daemon.times_in_log(": reloaded");
    daemon.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return daemon.times_in_log(": reloaded") > before; }));
  }

  // Each report of a card that the store does not have is an event.
  void report_unknown(int count) {
    for (int i = 0; i < count; ++i) report("D" + std::to_string(i % 2), documented_payload);
  }
  // The events that the broker was sent, once there are so many.
  std::vector<std::string> published(std::size_t count) const {
    std::vector<std::string> payloads;
    eventually([&] {
      payloads.clear();
      for (const ProbeMessage& message : events->messages()) {
        if (message.topic.starts_with("iotcard/event/")) payloads.push_back(message.payload);
      }
      return payloads.size() >= count;
    });
    CHECK(payloads.size() >= count);
    return payloads;
  }
  static std::vector<std::string> taken(const WebhookReceiver& receiver) {
    std::vector<std::string> payloads;
    for (const WebhookCall& call : receiver.taken()) payloads.push_back(call.body);
    return payloads;
  }

  const ProxySettings no_proxy;
  const std::string secret = "whsec_" + base64("thirty-two bytes that are secret");
  const std::string secret_file = dir.file("webhook-secret");
};

}  // namespace iotcard
