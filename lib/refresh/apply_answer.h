// SPDX-License-Identifier: Apache-2.0
// apply_answer.h - Stores what a card platform answered about one card: merges the fields into the
// card, or adds the card, or records that the platform does not know it. Sends no request.
// Throws StoreError. On the store's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "operations/operation.h"
#include "platform/card_answer.h"

namespace iotcard {

// How long a card is not asked about after a failure, at most.
inline constexpr std::chrono::minutes failed_pause{10};

struct AppliedAnswer {
  bool stored = false;    // false: the store has no such card of this platform, and got none
  bool added = false;     // the card is new
  std::string ignored{};  // why a field or the whole answer was ignored; "" if nothing was
};

// One transaction. A card of another platform stays as it is. A failure changes nothing of the card
// and makes it due sooner than `max_age`, but not at once.
AppliedAnswer apply_answer(Store& store, const Context& context, std::int64_t platform,
                           const CardAnswer& answer, std::chrono::milliseconds max_age);

}  // namespace iotcard
