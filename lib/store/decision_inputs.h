// SPDX-License-Identifier: Apache-2.0
// decision_inputs.h - Loads from a store what decide() needs for one report. `first_reported` is
// looked up only when another device holds the card, the only case that needs it. On the store's
// thread; throws StoreError.
#pragma once

#include "domain/decision.h"
#include "store/report_store.h"

namespace iotcard {

DecisionInputs load_inputs(ReportStore& store, const DeviceKey& device, const DeviceReport& report);

}  // namespace iotcard
