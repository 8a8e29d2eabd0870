// SPDX-License-Identifier: Apache-2.0
// stored_decision.h - A unit of work against a store: what decide() needs for a report, and what an
// operator's decision writes. On the store's thread; throws StoreError.
#pragma once

#include <span>
#include <string>

#include "store/report_store.h"

namespace iotcard {

struct ReportTime {
  Arrival arrival;
  Instant now;  // when it is decided
};
// With what the store is asked for one by one: rounding_candidates; first_reported, which is looked
// up only when another device holds the card, the only case that needs it; and what a late report
// meets.
DecisionInputs inputs_within(const UnitOfWork& work, ReportStore& store, const DeviceKey& device,
                             const DeviceReport& report, const ReportTime& time);
// For one report by itself that has arrived before: it is not late.
DecisionInputs load_inputs(ReportStore& store, const DeviceKey& device, const DeviceReport& report);

// The writes, then the events into the client's outbox, in their order and without the muted kinds.
// The bindings and mismatches that they change are open. Begins no transaction: the caller has one
// open, so that both become true together or not at all.
void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events);
// The same of a report that `decision` is about, which is saved as the last of its device.
void apply_decision(ReportStore& store, const std::string& client_id, EventKinds mute,
                    const DeviceKey& device, LastReport report, const Decision& decision);

}  // namespace iotcard
