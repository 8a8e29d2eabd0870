// SPDX-License-Identifier: Apache-2.0
// webhook_store.h - The port to how the webhooks of the configuration fare, as operators see it.
// How far a webhook is with the events of a client is its cursor in event_history_store.h. One
// thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/service_health.h"
#include "base/time.h"
#include "store/queue_store.h"
#include "store/transactional.h"

namespace iotcard {

// The consumer under which event_history_store.h keeps how far a webhook is.
inline std::string webhook_consumer(const std::string& name) {
  return "webhook:" + name;
}

struct WebhookRow {
  std::string name;
  ServiceHealth health{};
  std::optional<Instant> failing_since{};  // absent: the last event was delivered
  std::optional<Instant> gone_at{};  // the receiver said that it wants no more events (410 Gone)
  // Since the webhook was first configured.
  std::int64_t sent = 0;       // events that the receiver took
  std::int64_t failed = 0;     // requests
  std::int64_t set_aside = 0;  // events that the receiver refused, moved to the quarantine

  friend bool operator==(const WebhookRow&, const WebhookRow&) = default;
};

class WebhookStore : public virtual Transactional {
 public:
  virtual std::vector<WebhookRow> webhooks() = 0;  // those that are configured, by name
  // Those of the configuration from now on. The others are no longer listed, but keep their rows:
  // a webhook that is removed and added again goes on where it was.
  virtual void set_webhooks(const std::vector<std::string>& names) = 0;
  virtual void save_webhook(const WebhookRow& row) = 0;  // one that set_webhooks() has made
  // Adds a copy of the event to the quarantine; `event.id` is not used.
  virtual void set_event_aside(const QuarantinedEvent& event) = 0;
};

}  // namespace iotcard
