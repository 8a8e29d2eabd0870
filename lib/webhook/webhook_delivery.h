// SPDX-License-Identifier: Apache-2.0
// webhook_delivery.h - What one webhook does, step by step: reads published events, sends those of
// its kinds one after the other, waits when the receiver fails, sets aside what the receiver
// refuses, and remembers its position. An event is sent until the receiver takes it or it is set
// aside, so each is delivered at least once and in order. Has no thread and never waits. One thread
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/log_level.h"
#include "http/http_client.h"
#include "webhook/webhook_events.h"
#include "webhook/webhook_message.h"
#include "webhook/webhook_settings.h"

namespace iotcard {

// A webhook with its secret.
struct Webhook {
  WebhookSettings settings;
  WebhookKey key;
};

using WebhookLog = std::function<void(LogLevel, const std::string&)>;  // from any thread

class WebhookDelivery {
 public:
  static constexpr int tries_of_refused = 5;  // of an event with a 4xx, before it is set aside
  static constexpr std::chrono::milliseconds look_interval{500};  // for new events
  // Progress is stored that often at most, so that the writer of reports is not held up.
  static constexpr std::chrono::seconds save_interval{1};

  struct Ports {
    const Clock& clock;
    HttpClient& http;
    WebhookEvents& events;
    std::function<std::uint32_t()> random;
    WebhookLog log;
  };
  // Loads its progress; throws StoreError. Ends the pause after a failure and the stop after a 410:
  // what the receiver says now counts.
  WebhookDelivery(const Webhook& webhook, Ports ports);

  // Does what is due now, at most one request, and returns when to call it again at the latest.
  // Throws StoreError, after which it may be called again.
  Instant step();
  // Stores the progress, if there is any.
  void save();

 private:
  void read_more();
  void skip_other_kinds();
  bool at_end() const { return next_ == batch_.size(); }
  void send(const OutboxRow& event);
  void delivered(const OutboxRow& event, Instant now);
  void failed(const WebhookAnswer& answer, Instant now);
  void set_aside(const OutboxRow& event, const WebhookAnswer& answer, Instant now);
  void done_with(const OutboxRow& event);

  const WebhookSettings settings_;
  const WebhookKey key_;
  const WantsTopic wants_;   // none: all events
  const std::string title_;  // for the log
  Redactor secrets_;
  Ports ports_;

  WebhookEvents::Progress progress_;
  bool unsaved_ = false;
  Instant saved_at_{};
  std::vector<OutboxRow> batch_;  // from next_ on to be sent
  std::size_t next_ = 0;
  bool more_ = false;              // behind the batch there may be more
  int refusals_ = 0;               // of the event at next_
  std::set<int> logged_refusals_;  // statuses with which events were set aside
};

}  // namespace iotcard
