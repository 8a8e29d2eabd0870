// SPDX-License-Identifier: Apache-2.0
#include "operations/card_change.h"

#include "domain/card_fields.h"
#include "operations/usage.h"

namespace iotcard {

std::vector<FieldDifference> differences(const Card& before, const Card& after) {
  std::vector<FieldDifference> found;
  for (const CardField& field : card_fields()) {
    if (field.owner != CardField::Owner::operators) continue;
    std::string was = field.get(before);
    std::string is = field.get(after);
    if (was != is) found.push_back({field.name, std::move(was), std::move(is)});
  }
  return found;
}

bool store_new_card(Store& store, const Context& context, const Card& card) {
  if (!store.add_card(card)) return false;
  carry_out(store, context,
            judge_card({card, Match::exact, {}, {}}, context.policy.alerts, context.now));
  note_usage(store, context, card, std::nullopt);
  return true;
}

bool store_changed_card(Store& store, const Context& context, KnownCard card, const Card& before) {
  card.card.updated_at = context.now;
  store.update_card(card.card);
  carry_out(store, context, judge_card(card, context.policy.alerts, context.now));
  note_usage(store, context, card.card, before.used_bytes);
  // Of all fields only the platform is a cause of mismatches.
  return card.card.platform != before.platform;
}

}  // namespace iotcard
