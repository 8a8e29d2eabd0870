// SPDX-License-Identifier: Apache-2.0
// card_state.h - What somebody outside reports about a card: a script that knows a platform which
// no profile covers. Each value replaces the stored one, and a field without a value keeps its own;
// the card is judged, its usage is recorded, and if the card is new, the reports that named it are
// decided again. Sends no request. Throws StoreError. On the store's thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/card_fields.h"
#include "operations/operation.h"

namespace iotcard {

// Sets network_imei and any field that operators may set, except note, alert_percent and imei. A
// card that the store does not have is added. ICCIDs of 19 and of 20 characters name the same card
// if the last digit is the Luhn digit; where it is not, the card is a conflict. Throws
// OperationError (invalid, conflict), and then nothing has changed. Returns the card as it is
// afterwards.
StoredCard set_card_state(Store& store, const Context& context, const Iccid& iccid,
                          std::span<const FieldChange> fields);
// The same inside the caller's transaction: all fields are checked before the first write.
StoredCard set_card_state_within(Store& store, const Context& context, const Iccid& iccid,
                                 std::span<const FieldChange> fields);

// Reads a JSON object whose members are fields, each a text, a whole number or null, which leaves
// the field as it is. Throws OperationError (invalid) that names the member.
std::vector<FieldChange> card_state_from_json(std::string_view json);

// The stored card with exactly this ICCID, otherwise the one that matches strongly.
std::optional<StoredCard> find_matching_card(CardStore& store, const Iccid& iccid);
// The card's platform does not find it: status not_found, judged as any other change.
void mark_not_found(Store& store, const Context& context, StoredCard card);
// Stores a card whose fields have just been reported: adds it, or updates the stored card `before`.
// Judges it, records its usage, and reevaluates its mismatches.
void save_refreshed_card(Store& store, const Context& context, StoredCard card,
                         const std::optional<StoredCard>& before);

}  // namespace iotcard
