// SPDX-License-Identifier: Apache-2.0
#include "operations/mismatch_operations.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"
#include "operations/binding_operations.h"
#include "operations/card_operations.h"

namespace iotcard {
namespace {

Mismatch require_mismatch(Store& store, std::int64_t id) {
  auto mismatch = store.find_mismatch(id);
  if (!mismatch) {
    throw OperationError::not_found(fmt::format("there is no mismatch {}", id),
                                    {ErrorKey::mismatch_not_found, {{"id", id}}});
  }
  return *std::move(mismatch);
}

ErrorCause settled(const Mismatch& mismatch) {
  return {ErrorKey::mismatch_settled,
          {{"id", mismatch.id}, {"state", mismatch_state_names[mismatch.state]}}};
}

void require_standing(const Mismatch& mismatch) {
  if (!mismatch.ended) return;
  const bool can_go_back = mismatch.state == MismatchState::accepted && mismatch.against.bound;
  const std::string way_back =
      can_go_back ? fmt::format("; to take that back, bind device {} to card {} again, by force",
                                mismatch.device.text(), mismatch.against.bound->text())
                  : "";
  throw OperationError::conflict(
      fmt::format("mismatch {} does not stand any more: {} by {}{}", mismatch.id,
                  mismatch_state_names[mismatch.state], mismatch.ended_by, way_back),
      settled(mismatch));
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
        fmt::format("no card in the store fits {} any more", mismatch.reported),
        {ErrorKey::card_not_found, {{"iccid", mismatch.reported}}});
  }
  throw OperationError::invalid(wanted ? fmt::format("card {} does not fit {}; these do: {}",
                                                     wanted->text(), mismatch.reported, choices)
                                       : fmt::format("several cards fit {}; name one of them: {}",
                                                     mismatch.reported, choices),
                                ambiguous_iccid(mismatch.reported, cards));
}

// The card that would be bound, as the store has it. Nothing is written yet.
struct Target {
  StoredCard card;
  bool is_new = false;
  bool moves = false;  // to the platform that was reported
};

Target find_target(Store& store, const Mismatch& mismatch, const std::optional<Iccid>& wanted) {
  if (wanted && mismatch.outcome != Outcome::iccid_ambiguous) {
    throw OperationError::invalid(
        fmt::format("mismatch {} is about the one card {}; a card is named only "
                    "where several fit",
                    mismatch.id, mismatch.reported));
  }
  const std::vector<StoredCard> cards = cards_that_match(store, mismatch);
  switch (mismatch.outcome) {
    case Outcome::card_unknown:
      if (!cards.empty()) return {choose(mismatch, cards, wanted)};
      return {{Card{Iccid::from_canonical(mismatch.reported).value()}, Match::exact, {}, {}}, true};
    case Outcome::wrong_platform:
      return {choose(mismatch, cards, wanted), false, true};
    case Outcome::iccid_ambiguous:
    case Outcome::device_has_other_card:
    case Outcome::card_in_use:
      return {choose(mismatch, cards, wanted)};
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

// The card to bind; the store is made to know it as the device reported it.
StoredCard settle_card(Store& store, const Context& context, const Mismatch& mismatch,
                       Target target) {
  StoredCard& card = target.card;
  if (target.is_new) {
    card.card.platform = mismatch.platform;
    card.card.created_at = card.card.updated_at = context.now;
    store_new_card(store, context, card.card);
    return card;
  }
  if (!target.moves) return card;
  const Card before = card.card;
  card.card.platform = mismatch.platform;
  // The caller has the card's mismatches reconsidered in any case.
  static_cast<void>(store_changed_card(store, context, card, before));
  StoredCard changed = require_card(store, before.iccid);
  changed.match = card.match;
  return changed;
}

}  // namespace

AcceptancePlan plan_acceptance(Store& store, const Mismatch& mismatch,
                               const std::optional<Iccid>& card) {
  AcceptancePlan plan;
  if (mismatch.outcome == Outcome::iccid_ambiguous) {
    for (const StoredCard& fits : cards_that_match(store, mismatch)) {
      plan.choices.push_back(fits.card.iccid);
    }
  }
  try {
    require_standing(mismatch);
    const Target target = find_target(store, mismatch, card);
    plan.card = target.card.card.iccid;
    plan.card_added = target.is_new;
    if (target.moves) plan.new_platform = mismatch.platform;
    const auto& held = target.card.binding;
    plan.bound = !held || held->device != mismatch.device;
    if (plan.bound) {
      plan.ended =
          bindings_in_the_way(mismatch.device, target.card, store.binding_of(mismatch.device));
    }
  } catch (const OperationError& error) {
    plan.obstacle = error.what();
  }
  return plan;
}

MismatchDetails describe_mismatch(Store& store, std::int64_t id) {
  MismatchDetails details{.mismatch = require_mismatch(store, id),
                          .device = {},
                          .cards = {},
                          .bound = {},
                          .accept = {}};
  const Mismatch& mismatch = details.mismatch;
  details.device = store.find_device(mismatch.device);
  details.cards = cards_that_match(store, mismatch);
  if (const auto binding = store.binding_of(mismatch.device)) {
    details.bound = store.find_card(binding->iccid);
  }
  details.accept = plan_acceptance(store, mismatch);
  return details;
}

void check_reason(const std::string& reason) {
  const bool plain =
      std::ranges::none_of(reason, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain && is_utf8(reason) && count_characters(reason) <= max_reason_characters) return;
  throw OperationError::invalid(fmt::format(
      "reason: expected at most {} characters, without control characters", max_reason_characters));
}

Acceptance accept_within(Store& store, const Context& context, std::int64_t id,
                         const std::optional<Iccid>& card, const std::string& reason) {
  check_reason(reason);
  const Mismatch mismatch = require_mismatch(store, id);
  require_standing(mismatch);
  const Target target = find_target(store, mismatch, card);
  const bool added = target.is_new;
  const StoredCard chosen = settle_card(store, context, mismatch, target);
  apply_change(store, context,
               end_mismatch(mismatch, MismatchState::accepted, context.by, context.now, reason));
  Affected touched{{mismatch.device}, {chosen.card.iccid}};
  std::vector<Binding> released;
  const bool binds = !chosen.binding || chosen.binding->device != mismatch.device;
  if (binds) {
    released = bind_over(store, context, mismatch.device, chosen, touched);
  }
  Binding binding = store.binding_of(mismatch.device).value();
  if (added) reevaluate_unknown_cards(store, context);
  reevaluate(store, context, touched);
  return {mismatch, std::move(binding), added, binds, std::move(released)};
}

Mismatch dismiss_within(Store& store, const Context& context, std::int64_t id,
                        const std::string& reason) {
  check_reason(reason);
  const Mismatch mismatch = require_mismatch(store, id);
  require_standing(mismatch);
  if (mismatch.state == MismatchState::dismissed) {
    throw OperationError::conflict(
        fmt::format("mismatch {} is dismissed already, by {}", id, mismatch.dismissed_by),
        settled(mismatch));
  }
  apply_change(store, context,
               end_mismatch(mismatch, MismatchState::dismissed, context.by, context.now, reason));
  return store.find_mismatch(id).value();
}

Mismatch reopen_within(Store& store, const Context& context, std::int64_t id) {
  Mismatch mismatch = require_mismatch(store, id);
  require_standing(mismatch);
  if (mismatch.state != MismatchState::dismissed) {
    throw OperationError::conflict(fmt::format("mismatch {} is open", id), settled(mismatch));
  }
  mismatch.reopen();
  const RepeatMismatch reopened{
      mismatch.key(), mismatch.last_seen, mismatch.count, mismatch.platform, {}, true};
  apply_change(store, context, {{reopened}, {}});
  announce_again(store, context, mismatch);
  return store.find_mismatch(id).value();
}

Acceptance accept_mismatch(Store& store, const Context& context, std::int64_t id,
                           const std::optional<Iccid>& card, const std::string& reason) {
  Transaction transaction{store};
  Acceptance accepted = accept_within(store, context, id, card, reason);
  transaction.commit();
  return accepted;
}

Mismatch dismiss_mismatch(Store& store, const Context& context, std::int64_t id,
                          const std::string& reason) {
  Transaction transaction{store};
  Mismatch dismissed = dismiss_within(store, context, id, reason);
  transaction.commit();
  return dismissed;
}

Mismatch reopen_mismatch(Store& store, const Context& context, std::int64_t id) {
  Transaction transaction{store};
  Mismatch reopened = reopen_within(store, context, id);
  transaction.commit();
  return reopened;
}

}  // namespace iotcard
