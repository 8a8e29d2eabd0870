// SPDX-License-Identifier: Apache-2.0
#include "operations/redecide.h"

namespace iotcard {
namespace {

Instant last_change(const Binding& binding) {
  return std::max({binding.since, binding.last_seen, binding.until.value_or(binding.since)});
}

// A fact of another device at the same time counts as newer: of two devices that name one card at
// the same time neither takes it from the other.
bool is_newer(Instant fact, bool own, Instant at) {
  return own ? fact > at : fact >= at;
}

bool is_card_superseded(BindingStore& store, const DeviceKey& device, const Iccid& card,
                        Instant at) {
  for (const Binding& binding : store.binding_history(card, 1)) {
    if (is_newer(last_change(binding), binding.device == device, at)) return true;
  }
  const std::vector<Mismatch> mismatches = store.mismatches_about(card);
  return std::any_of(mismatches.begin(), mismatches.end(), [&](const Mismatch& mismatch) {
    const auto named = Iccid::from_canonical(mismatch.reported);
    return mismatch.device != device && named && match(*named, card) &&
           is_newer(mismatch.last_seen, false, at);
  });
}

}  // namespace

void forget_confirmation(Decision& decision) {
  std::erase_if(decision.writes,
                [](const Write& write) { return std::holds_alternative<ConfirmBinding>(write); });
  std::erase_if(decision.events,
                [](const Event& event) { return event.kind == EventKind::binding_confirmed; });
}

bool is_superseded(BindingStore& store, const DeviceKey& device, const DecisionInputs& inputs,
                   Instant at) {
  for (const Binding& binding : store.binding_history(device, 1)) {
    if (is_newer(last_change(binding), true, at)) return true;
  }
  return std::any_of(inputs.cards.begin(), inputs.cards.end(), [&](const MatchedCard& card) {
    return is_card_superseded(store, device, card.card.iccid, at);
  });
}

}  // namespace iotcard
