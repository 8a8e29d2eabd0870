// SPDX-License-Identifier: Apache-2.0
// card_operations.h - An operator adds a card, changes its fields or removes it. Each is one
// transaction with its events: abnormal or recovered cards, and mismatches whose cause is gone.
// Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <span>
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

// Both return the card as it is afterwards. `zone` is that of times that name none.
StoredCard add_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {});
StoredCard set_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {});
// A bound card is a conflict unless forced; then its binding is released first.
void remove_card(Store& store, const Context& context, const Iccid& iccid, bool force);
// All or none.
void remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids, bool force);

}  // namespace iotcard
