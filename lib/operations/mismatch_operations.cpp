// SPDX-License-Identifier: Apache-2.0
#include "operations/mismatch_operations.h"

#include <fmt/core.h>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"

namespace iotcard {
namespace {

Mismatch require_standing(Store& store, std::int64_t id) {
  auto mismatch = store.find_mismatch(id);
  if (!mismatch) throw OperationError::not_found(fmt::format("there is no mismatch {}", id));
  if (mismatch->ended) {
    throw OperationError::conflict(fmt::format("mismatch {} does not stand any more: {} by {}", id,
                                               mismatch_state_names[mismatch->state],
                                               mismatch->ended_by));
  }
  return *std::move(mismatch);
}

// The stored cards that fit what was reported.
std::vector<StoredCard> cards_that_match(Store& store, const Mismatch& mismatch) {
  const auto iccid = Iccid::from_canonical(mismatch.reported);
  if (!iccid) return {};
  return store.matching_cards(*iccid);
}

StoredCard choose(const Mismatch& mismatch, const std::vector<StoredCard>& cards,
                  const std::optional<Iccid>& wanted) {
  if (!wanted && cards.size() == 1) return cards[0];
  std::string choices;
  for (const StoredCard& card : cards) {
    if (wanted && card.card.iccid == *wanted) return card;
    choices.append(choices.empty() ? "" : ", ").append(card.card.iccid.text());
  }
  if (cards.empty()) {
    throw OperationError::conflict(
        fmt::format("no card in the store fits {} any more", mismatch.reported));
  }
  throw OperationError::invalid(wanted ? fmt::format("card {} does not fit {}; these do: {}",
                                                     wanted->text(), mismatch.reported, choices)
                                       : fmt::format("several cards fit {}; name one of them: {}",
                                                     mismatch.reported, choices));
}

StoredCard add_reported_card(Store& store, const Context& context, const Mismatch& mismatch) {
  Card card{Iccid::from_canonical(mismatch.reported).value()};
  card.platform = mismatch.platform;
  card.created_at = card.updated_at = context.now;
  store_new_card(store, context, card);
  return {card, Match::exact, {}, {}};
}

// The card to bind; the store is made to know it as the device reported it.
StoredCard settle_card(Store& store, const Context& context, const Mismatch& mismatch,
                       const std::optional<Iccid>& wanted, bool& added) {
  std::vector<StoredCard> cards = cards_that_match(store, mismatch);
  switch (mismatch.outcome) {
    case Outcome::card_unknown:
      added = cards.empty();
      if (added) return add_reported_card(store, context, mismatch);
      return choose(mismatch, cards, wanted);
    case Outcome::wrong_platform: {
      StoredCard card = choose(mismatch, cards, wanted);
      const Card before = card.card;
      card.card.platform = mismatch.platform;
      // The caller has the card's mismatches reconsidered in any case.
      static_cast<void>(store_changed_card(store, context, card, before));
      StoredCard changed = require_card(store, before.iccid);
      changed.match = card.match;
      return changed;
    }
    case Outcome::iccid_ambiguous:
    case Outcome::device_has_other_card:
    case Outcome::card_in_use:
      return choose(mismatch, cards, wanted);
    case Outcome::no_card:
    case Outcome::iccid_invalid:
    case Outcome::binding_created:
    case Outcome::binding_confirmed:
      break;
  }
  throw OperationError::invalid(
      fmt::format("the ICCID that device {} reports cannot be read ({}), so there is no card to "
                  "accept; bind the device to its card by hand, dismiss the mismatch, or have the "
                  "firmware mended",
                  mismatch.device.text(), mismatch.reported));
}

}  // namespace

Acceptance accept_mismatch(Store& store, const Context& context, std::int64_t id,
                           const std::optional<Iccid>& card) {
  Transaction transaction{store};
  const Mismatch mismatch = require_standing(store, id);
  if (card && mismatch.outcome != Outcome::iccid_ambiguous) {
    throw OperationError::invalid(
        fmt::format("mismatch {} is about the one card {}; a card is named only "
                    "where several fit",
                    id, mismatch.reported));
  }
  bool added = false;
  const StoredCard chosen = settle_card(store, context, mismatch, card, added);
  apply_change(store, context,
               end_mismatch(mismatch, MismatchState::accepted, context.by, context.now));
  Affected touched{{mismatch.device}, {chosen.card.iccid}};
  std::vector<Binding> released;
  if (!chosen.binding || chosen.binding->device != mismatch.device) {
    released = bind_over(store, context, mismatch.device, chosen, touched);
  }
  Binding binding = store.binding_of(mismatch.device).value();
  if (added) reevaluate_unknown_cards(store, context);
  reevaluate(store, context, touched);
  transaction.commit();
  return {mismatch, std::move(binding), added, std::move(released)};
}

MismatchDetails dismiss_mismatch(Store& store, const Context& context, std::int64_t id) {
  Transaction transaction{store};
  const Mismatch mismatch = require_standing(store, id);
  if (mismatch.state == MismatchState::dismissed) {
    throw OperationError::conflict(
        fmt::format("mismatch {} is dismissed already, by {}", id, mismatch.dismissed_by));
  }
  apply_change(store, context,
               end_mismatch(mismatch, MismatchState::dismissed, context.by, context.now));
  MismatchDetails dismissed = describe_mismatch(store, store.find_mismatch(id).value());
  transaction.commit();
  return dismissed;
}

}  // namespace iotcard
