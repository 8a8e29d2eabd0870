// SPDX-License-Identifier: Apache-2.0
// webhook_settings.h - One [[webhook]] section of the configuration, as it is written: no file has
// been opened. Pure; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace iotcard {

struct WebhookSettings {
  std::string name;                  // unique; the store keeps under it how far the webhook is
  std::string url;                   // https://, or http:// where the configuration allows it
  std::vector<std::string> kinds{};  // of events, such as "mismatch.card_in_use"; empty: all
  std::string secret_file;
  bool allow_insecure = false;       // http:// to another host than this one
  std::string ca_file{};             // PEM; "": the system's authorities
  std::chrono::seconds timeout{15};  // of one request in all; 1 s to 5 min
  std::string where{};               // "iotcardd.toml:120", for messages
  friend bool operator==(const WebhookSettings&, const WebhookSettings&) = default;
};

}  // namespace iotcard
