// SPDX-License-Identifier: Apache-2.0
// card_spelling.h - A card printed with 19 characters and with 20 is one card (domain/iccid.h,
// match()): the store keeps it once. Reads only. On the store's thread; throws StoreError.
#pragma once

#include <string>
#include <vector>

#include "store/card_store.h"

namespace iotcard {

// The stored cards that are this one in its other spelling; none if the store has it in this one.
std::vector<Iccid> stored_spellings(CardStore& store, const Iccid& iccid);

// "card A is in the store already as B, its spelling with 20 characters".
std::string stored_otherwise(const Iccid& iccid, const std::vector<Iccid>& stored);

}  // namespace iotcard
