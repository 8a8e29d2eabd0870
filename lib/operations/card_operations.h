// SPDX-License-Identifier: Apache-2.0
// card_operations.h - What an operator does to one card: add, change fields, remove. Each is one
// transaction; a change that makes the card abnormal, or well, is announced, and mismatches whose
// cause it takes away are cleared. Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json_object.h"
#include "domain/card_fields.h"
#include "operations/operation.h"

namespace iotcard {

// "field=value".
FieldChange field_change_from_operator(std::string_view text);
// Of a JSON object's members; null clears. A number's digits are taken as they stand, but not for a
// field that is text: who writes those as a number loses some elsewhere.
std::vector<FieldChange> field_changes(std::span<const JsonMember> members);

// The card as it is after the operation. `zone` is of times that name none: time_spelling.h.
StoredCard add_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {});
StoredCard set_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone = {});
// A bound card is a conflict unless forced; then its binding is released first.
void remove_card(Store& store, const Context& context, const Iccid& iccid, bool force);
// All of them or none.
void remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids, bool force);

}  // namespace iotcard
