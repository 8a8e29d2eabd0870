// SPDX-License-Identifier: Apache-2.0
#include "operations/webhook_operations.h"

#include <algorithm>

#include "base/breaker.h"

namespace iotcard {

WebhookState state_of(const WebhookFacts& facts) {
  const WebhookRow& row = facts.row;
  if (row.gone_at) return WebhookState::gone;
  if (is_open(row.health)) return WebhookState::open;
  if (row.failing_since) return WebhookState::failing;
  return row.health.last_answer ? WebhookState::well : WebhookState::not_sent;
}

std::vector<WebhookFacts> describe_webhooks(Store& store, const Context& context) {
  std::vector<WebhookFacts> facts;
  std::vector<WebhookRow> rows = store.webhooks();
  if (rows.empty()) return facts;
  const std::int64_t published = store.published_position(context.client_id);
  for (WebhookRow& row : rows) {
    const auto cursor = store.event_cursor(webhook_consumer(row.name), context.client_id);
    facts.push_back({.row = std::move(row)});
    if (!cursor) continue;
    facts.back().backlog = std::max<std::int64_t>(published - cursor->sequence, 0);
    facts.back().lost = cursor->lost;
  }
  return facts;
}

void write_webhook(JsonText& json, const WebhookFacts& facts) {
  const WebhookRow& row = facts.row;
  const bool failing = row.failing_since.has_value();
  json.begin_object()
      .member("name", row.name)
      .member("state", webhook_state_names[state_of(facts)])
      .member("backlog", facts.backlog)
      .member("sent", row.sent)
      .member("failed", row.failed)
      .member("set_aside", row.set_aside)
      .member("lost", facts.lost)
      .member("last_delivered", row.health.last_answer)
      .member("failing_since", row.failing_since)
      .member("failure", or_null(failing ? row.health.failure : std::string{}))
      .member("next_try", row.health.next_try)
      .end_object();
}

}  // namespace iotcard
