// SPDX-License-Identifier: Apache-2.0
// redecide.h - A report that has been applied is decided again: which parts of the new decision
// count, and whether the store knows something newer. On the store's thread; throws StoreError.
#pragma once

#include <algorithm>
#include <variant>

#include "store/store.h"

namespace iotcard {

template <typename Kind>
bool holds(const Decision& decision) {
  return std::any_of(decision.writes.begin(), decision.writes.end(),
                     [](const Write& write) { return std::holds_alternative<Kind>(write); });
}

// No device reports at this moment, so a binding is not confirmed: only its mismatch ends.
void forget_confirmation(Decision& decision);

// Whether the store knows something newer than a report of `at` which that report would overwrite:
// a binding of its device or of a card that it names, created, confirmed or ended later; or a later
// report of that card by another device. Later reports of the device itself do not count.
bool is_superseded(BindingStore& store, const DeviceKey& device, const DecisionInputs& inputs,
                   Instant at);

}  // namespace iotcard
