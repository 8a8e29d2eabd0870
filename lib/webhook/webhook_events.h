// SPDX-License-Identifier: Apache-2.0
// webhook_events.h - The port between a webhook and the store: the published events behind its
// position, and what it remembers. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace iotcard {

class WebhookEvents {
 public:
  struct Progress {
    WebhookRow row;
    std::int64_t position = 0;  // sequence; the webhook is done with all events up to it
  };
  virtual ~WebhookEvents() = default;
  virtual Progress load() = 0;
  // In commit order; those that are not wanted without topic and payload.
  virtual std::vector<OutboxRow> next(std::int64_t after, int limit, const WantsTopic& wants) = 0;
  virtual void save(const Progress& progress) = 0;
  // The same, and moves a copy of an event to the quarantine, in one transaction.
  virtual void set_aside(const Progress& progress, const QuarantinedEvent& event) = 0;
};

// On a connection of its own, which is opened when it is first needed, and again after a failure.
class StoreWebhookEvents : public WebhookEvents {
 public:
  using OpenStore = std::function<std::unique_ptr<Store>()>;
  StoreWebhookEvents(OpenStore open_store, std::string client_id, std::string name);

  Progress load() override;
  std::vector<OutboxRow> next(std::int64_t after, int limit, const WantsTopic& wants) override;
  void save(const Progress& progress) override;
  void set_aside(const Progress& progress, const QuarantinedEvent& event) override;

 private:
  template <typename Use>
  auto with_store(const Use& use);
  void write(const Progress& progress, const QuarantinedEvent* refused);

  const OpenStore open_store_;
  const std::string client_id_;
  const std::string name_;
  std::unique_ptr<Store> store_;
};

// The webhooks of the configuration from now on. One that is new begins behind the newest published
// event. One transaction.
void register_webhooks(Store& store, const std::string& client_id,
                       const std::vector<std::string>& names);

}  // namespace iotcard
