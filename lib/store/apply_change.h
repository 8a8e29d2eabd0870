// SPDX-License-Identifier: Apache-2.0
// apply_change.h - Carries out what was decided: the writes, then the events into the client's
// outbox, in their order and without the muted kinds. Not a transaction: the caller has one open,
// so that both become true together or not at all. On the store's thread; throws StoreError.
#pragma once

#include <span>
#include <string>

#include "domain/decision.h"
#include "store/store.h"

namespace iotcard {

void apply_change(Store& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events);

}  // namespace iotcard
