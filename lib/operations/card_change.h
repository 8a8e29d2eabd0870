// SPDX-License-Identifier: Apache-2.0
// card_change.h - The steps that adding or changing a card has in common, whether one by one or
// from a file: it is checked for abnormal reasons, its usage is recorded, and its mismatches may be
// over. Inside the caller's transaction; on the store's thread. Throws StoreError.
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

// In the order of the fields, without those that the daemon itself sets.
std::vector<FieldDifference> differences(const Card& before, const Card& after);

inline constexpr int usage_days = 62;  // kept: this month and the one before
// Records used_bytes for today if it has a value other than `before`; a day keeps its last figure.
void note_usage(CardStore& store, const Context& context, const Card& card,
                const std::optional<std::int64_t>& before);

std::string settable_card_fields();  // their names
// Throws OperationError (invalid) that names the first field that cannot be set, or whose value
// does not fit. `zone` is that of times that name none.
void set_card_fields(Card& card, std::span<const FieldChange> changes, Duration zone);

// Stores a new card. False: the store has it already, and nothing has changed. Afterwards, and once
// for all new cards, the caller calls reevaluate_unknown_cards().
bool store_new_card(Store& store, const Context& context, const Card& card);

// Stores a card that was `before`. True: mismatches about the card may be over, and the caller has
// to have them reconsidered.
[[nodiscard]] bool store_changed_card(Store& store, const Context& context, StoredCard card,
                                      const Card& before);

}  // namespace iotcard
