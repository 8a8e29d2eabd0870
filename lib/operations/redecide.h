// SPDX-License-Identifier: Apache-2.0
// redecide.h - A report that was applied once is decided again: what of the new decision
// counts, and what is known from later than the report. On the store's thread; throws StoreError.
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

// Nobody reported just now, so a binding is not confirmed: it merely is no mismatch any more.
void forget_confirmation(Decision& decision);

// Whether the store knows something newer than a report of `at` that the report would overturn: a
// binding of its device, made, confirmed or ended later; or of a card it names, by anyone; or a
// later report of that card by another device. Not whether the device itself has reported since.
bool is_superseded(Store& store, const DeviceKey& device, const DecisionInputs& knowledge,
                   Instant at);

}  // namespace iotcard
