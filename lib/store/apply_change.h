// SPDX-License-Identifier: Apache-2.0
// apply_change.h - Applies a decision: its writes, then its events into the client's outbox, in
// their order and without the muted kinds. Begins no transaction: the caller has one open, so that
// both become true together or not at all. On the store's thread; throws StoreError.
#pragma once

#include <span>
#include <string>

#include "domain/decision.h"
#include "store/report_store.h"

namespace iotcard {

void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events);

}  // namespace iotcard
