// SPDX-License-Identifier: Apache-2.0
#include "store/decision_inputs.h"

#include <algorithm>

namespace iotcard {
namespace {

constexpr int max_similar = 16;  // a 19-character ICCID with each last character
constexpr int max_candidates = 5;

std::vector<MatchedCard> fitting_cards(Store& store, const Iccid& iccid,
                                       std::optional<BoundCard> bound) {
  if (bound && bound->card && bound->card->card.iccid == iccid) return {*std::move(bound->card)};
  if (auto exact = store.find_matched_card(iccid)) return {*std::move(exact)};
  const std::vector<StoredCard> similar = store.find_similar_cards(iccid, max_similar);
  return {similar.begin(), similar.end()};
}

// When this device first reported the card: as a binding it once made, or as a mismatch.
std::optional<Instant> first_reported(Store& store, const DeviceKey& device, const CardState& card,
                                      const std::vector<Mismatch>& standing) {
  std::optional<Instant> first = store.first_bound(device, card.iccid);
  for (const Mismatch& mismatch : standing) {
    const auto reported = Iccid::from_canonical(mismatch.reported);
    if (!reported || !match(*reported, card.iccid)) continue;
    first = std::min(first.value_or(mismatch.first_seen), mismatch.first_seen);
  }
  return first;
}

}  // namespace

DecisionInputs load_inputs(Store& store, const DeviceKey& device, const DeviceReport& report) {
  DecisionInputs knowledge;
  std::optional<BoundCard> bound = store.bound_card(device);
  if (bound) knowledge.device_binding = bound->binding;
  knowledge.standing = store.standing_mismatches(device);
  if (!report.iccid.iccid) return knowledge;
  const Iccid& iccid = *report.iccid.iccid;
  knowledge.cards = fitting_cards(store, iccid, std::move(bound));
  const bool exact = !knowledge.cards.empty() && knowledge.cards[0].match == Match::exact;
  if (!exact && looks_rounded(iccid)) {
    knowledge.rounding_candidates = store.find_cards_between(rounding_range(iccid), max_candidates);
  }
  if (knowledge.cards.size() == 1) {
    const MatchedCard& card = knowledge.cards[0];
    const bool held_by_another = card.binding && card.binding->device != device;
    if (held_by_another) {
      knowledge.first_reported = first_reported(store, device, card.card, knowledge.standing);
    }
  }
  return knowledge;
}

}  // namespace iotcard
