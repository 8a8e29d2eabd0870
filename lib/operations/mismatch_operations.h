// SPDX-License-Identifier: Apache-2.0
// mismatch_operations.h - An operator accepts a standing mismatch, so that the binding follows the
// report, or dismisses it until its cause is gone. Each is one transaction with its events. Throws
// OperationError and StoreError. On the store's thread.
#pragma once

#include "operations/listing.h"

namespace iotcard {

struct Acceptance {
  Mismatch mismatch;  // as it was
  Binding binding;    // the open one that followed
  bool card_added = false;
  std::vector<Binding> released{};  // that stood in the way, and have ended
};

// `card` chooses among the cards that fit an iccid_ambiguous; absent for other mismatches.
Acceptance accept_mismatch(Store& store, const Context& context, std::int64_t id,
                           const std::optional<Iccid>& card);
MismatchDetails dismiss_mismatch(Store& store, const Context& context, std::int64_t id);

}  // namespace iotcard
