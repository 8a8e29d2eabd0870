// SPDX-License-Identifier: Apache-2.0
// card_change.h - What goes with every card that an operator adds or changes, by hand or by a file:
// it is judged, its usage is noted, and it is said whether mismatches may be over by it.
// Inside the caller's transaction; on the store's thread. Throws StoreError.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/card_fields.h"
#include "operations/operation.h"

namespace iotcard {

struct FieldDifference {
  std::string_view field;  // of domain/card_fields.h; "device" for the binding
  std::string before;      // "" for none, as `after`
  std::string after;
};
struct CardDifference {
  Iccid iccid;
  std::vector<FieldDifference> fields;
};

// In the order of the fields; those that the daemon keeps are not looked at.
std::vector<FieldDifference> differences(const Card& before, const Card& after);

std::string settable_card_fields();  // their names
// What somebody wants of a card, into its fields. Throws OperationError (invalid) that names the
// first which nobody may set, or which does not fit. `zone` is of times that name none.
void set_card_fields(Card& card, std::span<const FieldChange> changes, Duration zone);

// Puts in a new card. False: there is one already, and nothing has changed. Does not look for
// reports that waited for it: see reevaluate_unknown_cards(), once for all cards.
bool store_new_card(Store& store, const Context& context, const Card& card);

// Stores a card that was `before`, updated now. True: mismatches about the card may be over, and
// the caller is to have them reconsidered once it is done.
[[nodiscard]] bool store_changed_card(Store& store, const Context& context, StoredCard card,
                                      const Card& before);

}  // namespace iotcard
