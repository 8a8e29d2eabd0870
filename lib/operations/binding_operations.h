// SPDX-License-Identifier: Apache-2.0
// binding_operations.h - An operator binds a card to a device, or ends a binding. Each is one
// transaction with its events. Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <vector>

#include "operations/operation.h"
#include "operations/reevaluate.h"

namespace iotcard {

struct BindResult {
  Binding binding;                // the open one
  bool created = false;           // false: they were bound already
  std::vector<Binding> released;  // that stood in the way, and have ended
};

// The card must be in the store; the device need not have reported yet. If one of them has another
// binding, that is a conflict, or with `force` the other binding ends.
BindResult bind_card(Store& store, const Context& context, const DeviceKey& device,
                     const Iccid& iccid, bool force);

// The binding as it is once this operator has ended it, now.
Binding ended_binding(Binding binding, const Context& context);
// Both return the binding that ended.
Binding unbind_device(Store& store, const Context& context, const DeviceKey& device);
Binding unbind_card(Store& store, const Context& context, const Iccid& iccid);

// Those that end when the card is bound to the device: the card's, and the device's.
std::vector<Binding> bindings_in_the_way(const DeviceKey& device, const StoredCard& card,
                                         const std::optional<Binding>& device_binding);
// Inside the caller's transaction: binds, ends other bindings of both, and adds to `touched`.
std::vector<Binding> bind_over(Store& store, const Context& context, const DeviceKey& device,
                               const StoredCard& card, Affected& touched);

}  // namespace iotcard
