// SPDX-License-Identifier: Apache-2.0
// webhook_operations.h - How the webhooks fare, as operators see it. Sends nothing. Throws
// StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json_text.h"
#include "operations/operation.h"

namespace iotcard {

struct WebhookFacts {
  WebhookRow row;
  // Published events that it is not done with, whatever their kind; a few too many if several
  // programs append to one store.
  std::int64_t backlog = 0;
  std::int64_t lost = 0;  // events that retention deleted before the webhook was done with them
};
enum class WebhookState : std::uint8_t {
  not_sent,  // nothing was sent yet
  well,      // the last event was delivered
  failing,   // the last event was not
  open,      // so many requests failed in a row that it is tried less often
  gone,      // the receiver answered 410 Gone; nothing is sent until the configuration is loaded
};
inline constexpr auto webhook_state_names =
    make_name_table<WebhookState>("not_sent", "well", "failing", "open", "gone");
WebhookState state_of(const WebhookFacts& facts);

// Those of the configuration, by name. Costs the same however many events there are.
std::vector<WebhookFacts> describe_webhooks(Store& store, const Context& context);
// One object.
void write_webhook(JsonText& json, const WebhookFacts& facts);

}  // namespace iotcard
