// SPDX-License-Identifier: Apache-2.0
// card_operations.h - An operator adds a card, changes its fields or removes it. Each is one
// transaction with its events: abnormal or recovered cards, and mismatches whose cause is gone. And
// the steps of it that imports and platforms share. Throws OperationError and StoreError. On the
// store's thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_object.h"
#include "domain/card_fields.h"
#include "operations/operation.h"

namespace iotcard {

// "field=value".
FieldChange field_change_from_operator(std::string_view text);
// From the members of a JSON object; null clears a field. A number keeps its own digits, but is
// refused for a text field: other programs lose digits of a long number.
std::vector<FieldChange> field_changes(std::span<const JsonMember> members);

// Both return the card as it is afterwards. `zone` is that of times that name none. With
// `updated_at` the card is changed only if its own is still this one; otherwise throws
// OperationError (outdated).
StoredCard add_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {});
StoredCard set_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {},
                    const std::optional<Instant>& updated_at = {});
// The same inside the caller's transaction. Both check first and write then: after an
// OperationError nothing has changed.
StoredCard set_card_within(Store& store, const Context& context, const Iccid& iccid,
                           std::span<const FieldChange> fields, Duration zone = {});
std::vector<Binding> remove_card_within(Store& store, const Context& context, const Iccid& iccid,
                                        bool force);
// A bound card is a conflict unless forced; then its binding is released first. Returns the
// bindings that ended.
std::vector<Binding> remove_card(Store& store, const Context& context, const Iccid& iccid,
                                 bool force);
struct RemovedCards {
  std::vector<Iccid> cards;  // as the store spelled them
  std::vector<Binding> released;
};
// All or none. A card that is named twice counts once.
RemovedCards remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids,
                          bool force);

// The steps that adding or changing a card has in common, whether one by one, from a file or by a
// platform's answer; inside the caller's transaction.

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
// does not fit. `zone` is that of times that name none. Only a platform, or a script that speaks
// for it, sets the fields of platforms.
enum class SetBy : std::uint8_t { operators, platform };
void set_card_fields(Card& card, std::span<const FieldChange> changes, Duration zone,
                     SetBy by = SetBy::operators);

// Every change of a card goes through the next three functions, which log it: LoggedChange of
// store/card_store.h.

// Stores a new card. False: the store has it already, and nothing has changed. Afterwards, and once
// for all new cards, the caller calls reevaluate_unknown_cards().
bool store_new_card(Store& store, const Context& context, const Card& card);

// Used and remaining bytes that a platform reports have a history of their own (note_usage()).
enum class UsageInLog : std::uint8_t { yes, no };
// Stores a card that was `before`. True: mismatches about the card may be over, and the caller has
// to have them reconsidered.
[[nodiscard]] bool store_changed_card(Store& store, const Context& context, StoredCard card,
                                      const Card& before, UsageInLog usage = UsageInLog::yes);
// Ends no binding. False: there is no such card.
bool delete_card(Store& store, const Context& context, const Iccid& iccid);

}  // namespace iotcard
