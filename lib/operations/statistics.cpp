// SPDX-License-Identifier: Apache-2.0
#include "operations/statistics.h"

#include <algorithm>

#include "domain/event.h"

namespace iotcard {

StoreStatistics describe_statistics(ListStore& store, const Context& context) {
  StoreStatistics found{.devices = store.count_devices(),
                        .open_bindings = store.count_open_bindings(),
                        .rejected = store.count_rejected(),
                        .quarantined = store.count_quarantined(),
                        .silent_devices = store.count_devices({.silent = true})};
  for (const auto& [status, cards] : store.count_cards_by(CardGroup::status)) {
    found.by_status.emplace(status, cards);
    found.cards += cards;  // each has a status
  }
  CardFilter filter{.now = context.now, .soon = context.policy.alerts.expires_within};
  for (std::size_t i = 0; i < abnormal_names.names.size(); ++i) {
    filter.reason = static_cast<Abnormal>(i);
    found.by_reason.emplace(abnormal_names.names[i], store.count_cards(filter));
  }
  for (const Outcome outcome : mismatch_outcomes) {
    const std::int64_t open =
        store.count_mismatches({.kinds = {outcome}, .device = {}, .states = {MismatchState::open}});
    if (open > 0) found.open_mismatches.emplace(outcome_name(outcome), open);
  }
  for (const Suspect suspect : {Suspect::moved, Suspect::cloned}) {
    found.open_suspects.emplace(
        suspect_names[suspect],
        store.count_mismatch_group({MismatchState::open, Outcome::card_in_use, suspect}));
  }
  return found;
}

CardOrigins describe_origins(ListStore& store) {
  CardOrigins found;
  for (const auto& [name, cards] : store.count_cards_by(CardGroup::operator_name)) {
    if (!name.empty()) found.by_operator.emplace(name, cards);
  }
  for (const auto& [number, cards] : store.count_cards_by(CardGroup::platform)) {
    if (number != "0") found.by_platform.emplace(std::stoll(number), cards);
  }
  return found;
}

QueueStatistics describe_queues(Store& store, const Context& context, std::int64_t acknowledged) {
  QueueStatistics found;
  const auto kept = store.read_outbox(context.client_id, 0, 1);
  const auto waiting = store.read_outbox(context.client_id, acknowledged, 1);
  if (!kept.empty() && !waiting.empty()) {
    const std::int64_t gone = std::max<std::int64_t>(0, acknowledged - kept[0].sequence + 1);
    found.outbox_events = std::max<std::int64_t>(1, store.outbox_span(context.client_id) - gone);
    found.oldest_event = event_time(waiting[0].payload);
  }
  const auto deferred = store.deferred_reports(context.client_id, 1);
  if (!deferred.empty()) found.oldest_deferred = deferred[0].report.arrival;
  return found;
}

std::vector<StoredCard> top_usage(ListStore& store, int max_cards) {
  std::vector<StoredCard> cards =
      store.list_cards({.order = CardOrder::used_bytes, .descending = true}, "", max_cards).rows;
  std::erase_if(cards,
                [](const StoredCard& card) { return card.card.used_bytes.value_or(0) <= 0; });
  return cards;
}

}  // namespace iotcard
