// SPDX-License-Identifier: Apache-2.0
#include "store/stored_decision.h"

#include <algorithm>

namespace iotcard {
namespace {

constexpr int max_candidates = 5;

// When this device first reported the card, with a binding or a mismatch as the result.
std::optional<Instant> first_reported(ReportStore& store, const DeviceKey& device,
                                      const CardState& card,
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

DecisionInputs load_inputs(ReportStore& store, const DeviceKey& device,
                           const DeviceReport& report) {
  DecisionInputs inputs;
  std::optional<BoundCard> bound = store.bound_card(device);
  if (bound) inputs.device_binding = bound->binding;
  inputs.standing = store.standing_mismatches(device);
  if (!report.iccid.iccid) return inputs;
  const Iccid& iccid = *report.iccid.iccid;
  // Most reports confirm a binding, whose card is known by now.
  if (bound && bound->card && bound->card->card.iccid == iccid) {
    inputs.cards = {*std::move(bound->card)};
  } else {
    inputs.cards = store.matched_cards(iccid);
  }
  const bool exact = !inputs.cards.empty() && inputs.cards[0].match == Match::exact;
  if (!exact && looks_rounded(iccid)) {
    inputs.rounding_candidates = store.find_cards_between(rounding_range(iccid), max_candidates);
  }
  if (inputs.cards.size() == 1) {
    const MatchedCard& card = inputs.cards[0];
    const bool held_by_another = card.binding && card.binding->device != device;
    if (held_by_another) {
      inputs.first_reported = first_reported(store, device, card.card, inputs.standing);
    }
  }
  return inputs;
}

void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events) {
  for (const Write& write : writes) store.write(write);
  for (const Event& event : events) {
    if (mute.has(event.kind)) continue;
    store.append_event(client_id, event_topic(event), event_json(event));
  }
}

}  // namespace iotcard
