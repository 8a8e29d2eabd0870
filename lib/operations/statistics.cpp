// SPDX-License-Identifier: Apache-2.0
#include "operations/statistics.h"

#include <algorithm>

#include "domain/event.h"
#include "operations/listing.h"

namespace iotcard {

StoreStatistics describe_statistics(Store& store, const Context&) {
  StoreStatistics found{.cards = store.count_cards({}),
                        .devices = store.count_devices(),
                        .open_bindings = store.count_open_bindings(),
                        .rejected = store.count_rejected(),
                        .by_status = {},
                        .by_reason = {},
                        .by_operator = {},
                        .by_platform = {},
                        .open_mismatches = {}};
  for (std::size_t i = 0; i < card_status_names.names.size(); ++i) {
    CardFilter filter;
    filter.status = static_cast<CardStatus>(i);
    found.by_status.emplace(card_status_names.names[i], store.count_cards(filter));
  }
  each_mismatch(store, {}, no_limit, [&](const Mismatch& mismatch) {
    if (mismatch.state != MismatchState::open) return;
    ++found.open_mismatches[std::string{outcome_name(mismatch.outcome)}];
  });
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
  found.deferred_reports = store.count_deferred(context.client_id);
  const auto deferred = store.deferred_reports(context.client_id, 1);
  if (!deferred.empty()) found.oldest_deferred = deferred[0].at;
  return found;
}

}  // namespace iotcard
