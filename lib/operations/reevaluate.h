// SPDX-License-Identifier: Apache-2.0
// reevaluate.h - After a change of cards or bindings: mismatches whose cause may be gone are
// decided again, as if the device had reported now. A mismatch that has the same result is not
// changed, nor is its count. Inside the caller's transaction; on the store's thread.
#pragma once

#include <cstdint>
#include <functional>
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
// Every card_unknown whose card the store has now.
std::int64_t reevaluate_unknown_cards(Store& store, const Context& context);
// The same if there may be many: `in_transaction` runs each page in a transaction of its own.
std::int64_t reevaluate_unknown_cards(
    Store& store, const Context& context,
    const std::function<void(const std::function<void()>&)>& in_transaction);

}  // namespace iotcard
