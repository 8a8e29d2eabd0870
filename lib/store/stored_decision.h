// SPDX-License-Identifier: Apache-2.0
// stored_decision.h - What is around decide(): loads from a store what it needs for one report, and
// applies what it returned. On the store's thread; throws StoreError.
#pragma once

#include <span>
#include <string>

#include "domain/decision.h"
#include "store/report_store.h"

namespace iotcard {

// `first_reported` is looked up only when another device holds the card, the only case that needs
// it.
DecisionInputs load_inputs(ReportStore& store, const DeviceKey& device, const DeviceReport& report);

// The writes, then the events into the client's outbox, in their order and without the muted kinds.
// Begins no transaction: the caller has one open, so that both become true together or not at all.
void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events);

}  // namespace iotcard
