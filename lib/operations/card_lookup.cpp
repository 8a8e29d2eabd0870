// SPDX-License-Identifier: Apache-2.0
#include "operations/card_lookup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "operations/json.h"

namespace iotcard {

bool CardLookup::complete() const {
  return unknown.empty() && invalid.empty() &&
         std::ranges::all_of(near, [](const Near& one) { return one.cards.size() == 1; });
}

CardLookup look_up_cards(CardStore& store, const IccidList& list) {
  CardLookup lookup{.invalid = list.failed};
  std::set<Iccid> seen;
  for (const Iccid& iccid : list.iccids) {
    if (!seen.insert(iccid).second) continue;
    std::vector<StoredCard> cards = store.matching_cards(iccid);
    if (cards.empty()) {
      lookup.unknown.push_back(iccid);
    } else if (cards.front().card.iccid == iccid) {
      lookup.found.push_back(std::move(cards.front()));
    } else {
      lookup.near.push_back({iccid, std::move(cards)});
    }
  }
  return lookup;
}

void write_lookup(JsonText& json, const CardLookup& lookup, const Context& context) {
  json.begin_object().key("found").begin_array();
  for (const StoredCard& card : lookup.found) write_card(json, card, context);
  json.end_array().key("near").begin_array();
  for (const CardLookup::Near& near : lookup.near) {
    json.begin_object().member("iccid", near.iccid.text()).key("cards").begin_array();
    for (const StoredCard& card : near.cards) write_card(json, card, context);
    json.end_array().end_object();
  }
  json.end_array().key("unknown").begin_array();
  for (const Iccid& iccid : lookup.unknown) json.text(iccid.text());
  json.end_array().key("invalid").begin_array();
  for (const CardFailure& failure : lookup.invalid) {
    json.begin_object()
        .member("iccid", failure.iccid)
        .member("reason", failure.reason)
        .end_object();
  }
  json.end_array().end_object();
}

}  // namespace iotcard
