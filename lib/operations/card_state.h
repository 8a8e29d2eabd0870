// SPDX-License-Identifier: Apache-2.0
// card_state.h - What somebody outside says of a card: its platform, when it was asked, or a script
// that knows a platform which no profile covers. What is said is merged into what is known, a
// field that nobody speaks of stays; the card is judged, its usage noted, and where it is new to
// the store the reports that waited for it are decided anew. Nobody is asked here.
// Throws StoreError. On the store's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operations/operation.h"
#include "platform/card_answer.h"

namespace iotcard {

// What failed is asked again after this time at the latest.
constexpr std::chrono::minutes failed_pause{10};

struct Taken {
  bool stored = false;  // false: no card of that platform was there to take it, nor was one added
  bool added = false;
  std::string ignored{};  // why a field was left out, or all of it; "" if nothing was
};

// An answer of a platform that was asked about a card: one transaction. A card of another platform
// is left alone. A failure changes nothing of the card, and has it asked about again sooner than
// `max_age`, but not at once.
Taken take_answer(Store& store, const Context& context, std::int64_t platform,
                  const CardAnswer& answer, std::chrono::milliseconds max_age);

// What a script says: any field that operators may set, but for those that are their own words on
// the card, note and alert_percent. A card that the store does not know is added. One that it has
// in the other spelling, 19 against 20 characters, is that card if the last digit tells so.
// Throws OperationError (invalid), and then nothing has changed. The card as it is afterwards.
StoredCard set_card_state(Store& store, const Context& context, const Iccid& iccid,
                          std::span<const FieldChange> fields);
// The same inside the caller's transaction: all is checked before the first write.
StoredCard set_card_state_within(Store& store, const Context& context, const Iccid& iccid,
                                 std::span<const FieldChange> fields);

// A JSON object whose members are fields, each a text, a whole number, or null, which says nothing.
// Throws OperationError (invalid) that names the member.
std::vector<FieldChange> card_state_from_json(std::string_view json);

}  // namespace iotcard
