// SPDX-License-Identifier: Apache-2.0
// webhooks.h - The webhooks of the configuration, each with its sender. A reload replaces them as a
// whole; each goes on where it was. The main thread only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "current_set.h"
#include "webhook/webhook_sender.h"

namespace iotcard {

class Webhooks {
 public:
  using Ports = WebhookSender::Ports;
  // Those of one configuration.
  struct Set {
    ~Set() { stop(); }
    void stop();  // within a second

    std::string client_id;
    std::vector<std::string> names;
    std::vector<std::unique_ptr<WebhookSender>> senders;
  };
  Webhooks(const Config& config, Ports ports);  // load() and replace()
  ~Webhooks() { stop(); }

  // Reads the secrets: throws ConfigError.
  std::unique_ptr<Set> load(const Config& config) const;
  void replace(std::unique_ptr<Set> next) { sets_.replace(std::move(next)); }
  void start_due() {
    sets_.start_due([this](const Set& set) { start(set); });
  }
  void stop() { sets_.stop(); }

 private:
  void start(const Set& set) const;

  const Ports ports_;
  CurrentSet<Set> sets_;
};

}  // namespace iotcard
