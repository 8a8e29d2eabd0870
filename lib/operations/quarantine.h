// SPDX-License-Identifier: Apache-2.0
// quarantine.h - What an operator can do about events that the broker would not take: send them
// again once the cause is gone, or delete them. A transaction has a few hundred of them. Throws
// OperationError (not_found) and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "operations/listing.h"

namespace iotcard {

// Oldest first.
RowList<QuarantinedEvent> quarantined_rows(ListStore& store);
// One object on one line.
void write_quarantined(JsonText& json, const QuarantinedEvent& event);

struct RequeueOptions {
  bool dry_run = false;
  std::optional<DeviceKey> device{};
  std::optional<Instant> since{};  // when it was quarantined
  std::int64_t limit = no_limit;
};
// Moves events from the quarantine to the end of the client's outbox, where each gets a new id;
// returns how many. `moved` is called for each after the commit; `stop` is asked between
// transactions.
std::int64_t requeue_quarantined(Store& store, const Context& context,
                                 const RequeueOptions& options,
                                 const std::function<void(const QuarantinedEvent&)>& moved,
                                 const std::function<bool()>& stop = {});

// All of them, in one transaction; throws OperationError for the first that is not there.
void remove_quarantined(Store& store, const std::vector<std::int64_t>& ids);
std::int64_t remove_all_quarantined(Store& store);  // returns how many

}  // namespace iotcard
