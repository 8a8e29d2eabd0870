// SPDX-License-Identifier: Apache-2.0
// decision_inputs.h - Gathers from a store what decide() needs for one report. `first_reported` is
// looked up only when another device holds the card: the one case that asks for it. Runs on the
// store's thread; throws StoreError.
#pragma once

#include "domain/decision.h"
#include "store/store.h"

namespace iotcard {

DecisionInputs load_inputs(Store& store, const DeviceKey& device, const DeviceReport& report);

}  // namespace iotcard
