// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

namespace iotcard {

std::vector<NamedFile> named_files(const Config& config) {
  std::vector<NamedFile> files;
  const auto add = [&](const std::string& key, const std::string& path, bool secret) {
    if (!path.empty()) files.push_back({key, path, secret});
  };
  add("broker.password_file", config.broker.password_file, true);
  add("broker.ca_file", config.broker.ca_file, false);
  add("broker.cert_file", config.broker.cert_file, false);
  add("broker.key_file", config.broker.key_file, true);
  add("api.token_file", config.api.token_file, true);
  add("api.cert_file", config.api.cert_file, false);
  add("api.key_file", config.api.key_file, true);
  for (const PlatformSettings& platform : config.platforms) {
    add("platform.ca_file", platform.ca_file, false);
    for (const auto& [key, value] : platform.values) {
      if (key.ends_with("_file")) add("platform." + key, value, true);
    }
  }
  for (const WebhookSettings& webhook : config.webhooks) {
    add("webhook.secret_file", webhook.secret_file, true);
    add("webhook.ca_file", webhook.ca_file, false);
  }
  return files;
}

}  // namespace iotcard
