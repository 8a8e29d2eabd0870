// SPDX-License-Identifier: Apache-2.0
// reevaluate.h - After an operator's change: mismatches whose cause may be gone are decided anew,
// as if the device had reported just now. A mismatch that is what it was stays untouched, its count
// too. Inside the caller's transaction; on the store's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

// What a change touched: cards that came, went or changed, devices that were bound or released.
struct Affected {
  std::vector<DeviceKey> devices;
  std::vector<Iccid> cards;
};

// Both return how many mismatches did not stay as they were.
std::int64_t reevaluate(Store& store, const Context& context, const Affected& touched);
// Every card_unknown whose card the store has by now.
std::int64_t reconsider_unknown_cards(Store& store, const Context& context);

}  // namespace iotcard
