// SPDX-License-Identifier: Apache-2.0
// card_lookup.h - Which of many ICCIDs the store has, and which it has in their other spelling, of
// 19 or 20 characters. Changes nothing. Throws StoreError. On the store's thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "operations/card_batch.h"

namespace iotcard {

inline constexpr std::size_t max_lookup = 1000;  // ICCIDs in one request of the API

struct CardLookup {
  struct Near {
    Iccid iccid;                    // as it was named
    std::vector<StoredCard> cards;  // of the other length: one, or all that fit
  };
  std::vector<StoredCard> found{};
  std::vector<Near> near{};
  std::vector<Iccid> unknown{};
  std::vector<CardFailure> invalid{};  // what is no ICCID

  // Each names one stored card.
  bool complete() const;
};

// Each ICCID once, in the order of the list.
CardLookup look_up_cards(CardStore& store, const IccidList& list);

// An object: found, near, unknown, invalid.
void write_lookup(JsonText& json, const CardLookup& lookup, const Context& context);

}  // namespace iotcard
