// SPDX-License-Identifier: Apache-2.0
// reevaluate.h - After a change of cards or bindings: mismatches whose cause may be gone are
// decided again, as if the device had reported now. A mismatch that has the same result is not
// changed, nor is its count. And what a replay needs of the same kind: which parts of such a second
// decision count, and whether the store knows something newer. Inside the caller's transaction; on
// the store's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <variant>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

// Cards that were added, removed or changed, and devices that were bound or released.
struct Affected {
  std::vector<DeviceKey> devices;
  std::vector<Iccid> cards;
};

// Both return how many mismatches have changed.
std::int64_t reevaluate(Store& store, const Context& context, const Affected& affected);
// Publishes the outcome event of an open mismatch once more, without counting a report. If the
// mismatch is not what the store's facts come to any more, it ends.
void announce_again(Store& store, const Context& context, const Mismatch& mismatch);
// Every card_unknown whose card the store has now.
std::int64_t reevaluate_unknown_cards(Store& store, const Context& context);
// The same if there may be many: `in_transaction` runs each page in a transaction of its own.
std::int64_t reevaluate_unknown_cards(
    Store& store, const Context& context,
    const std::function<void(const std::function<void()>&)>& in_transaction);

template <typename Kind>
bool holds(const Decision& decision) {
  return std::ranges::any_of(
      decision.writes, [](const Write& write) { return std::holds_alternative<Kind>(write); });
}

// No device reports at this moment, so a binding is not confirmed: only its mismatch ends.
void forget_confirmation(Decision& decision);

// Whether the store knows something newer than a report of `at` which that report would overwrite:
// a binding of its device or of a card that it names, created, confirmed or ended later; or a later
// report of that card by another device. Later reports of the device itself do not count.
bool is_superseded(BindingStore& store, const DeviceKey& device, const DecisionInputs& inputs,
                   Instant at);

}  // namespace iotcard
