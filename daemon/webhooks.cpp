// SPDX-License-Identifier: Apache-2.0
#include "webhooks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <variant>

namespace iotcard {
namespace {

// On the main thread, which must go on; it tries again.
constexpr std::chrono::milliseconds register_lock_timeout{100};

std::vector<Webhook> open_webhooks(const Config& config) {
  std::vector<Webhook> webhooks;
  std::string mistakes;
  for (const WebhookSettings& settings : config.webhooks) {
    auto key = read_webhook_key(settings.secret_file);
    if (const auto* problem = std::get_if<Problem>(&key)) {
      mistakes += fmt::format("{}{}: webhook.secret_file: {}: {}", mistakes.empty() ? "" : "\n",
                              settings.where, settings.secret_file, problem->text);
    } else {
      webhooks.push_back({settings, std::move(std::get<WebhookKey>(key))});
    }
  }
  if (!mistakes.empty()) throw ConfigError{mistakes};
  return webhooks;
}

}  // namespace

void Webhooks::Set::stop() {
  for (const auto& sender : senders) sender->interrupt();
  for (const auto& sender : senders) sender->stop();
}

Webhooks::Webhooks(const Config& config, Ports ports)
    : ports_(std::move(ports)), sets_(load(config), "webhooks are not sent") {}

std::unique_ptr<Webhooks::Set> Webhooks::load(const Config& config) const {
  auto set = std::make_unique<Set>();
  set->client_id = config.broker.client_id;
  for (Webhook& webhook : open_webhooks(config)) {
    set->names.push_back(webhook.settings.name);
    set->senders.push_back(
        std::make_unique<WebhookSender>(std::move(webhook), set->client_id, ports_));
  }
  return set;
}

void Webhooks::start(const Set& set) const {
  {
    const auto store = ports_.open_store();
    store->set_lock_timeout(register_lock_timeout);
    register_webhooks(*store, set.client_id, set.names);
  }
  for (const auto& sender : set.senders) {
    sender->start();
    spdlog::info("webhook {} is sent events", sender->settings().name);
  }
}

}  // namespace iotcard
