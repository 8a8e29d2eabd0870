// SPDX-License-Identifier: Apache-2.0
// mismatch_operations.h - An operator settles a mismatch that stands: accepts what the device
// reported, so that the binding follows, or dismisses it until its cause is gone. Each is one
// transaction with its events. Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

struct Acceptance {
  Mismatch mismatch;  // as it was
  Binding binding;    // the open one that followed
  bool card_added = false;
  std::vector<Binding> released{};  // that stood in the way, as they were
};

// `card` names one of the cards that fit, for an iccid_ambiguous, and is nothing for the others.
Acceptance accept_mismatch(Store& store, const Context& context, std::int64_t id,
                           const std::optional<Iccid>& card);
Mismatch dismiss_mismatch(Store& store, const Context& context, std::int64_t id);

}  // namespace iotcard
