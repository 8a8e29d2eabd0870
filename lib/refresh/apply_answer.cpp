// SPDX-License-Identifier: Apache-2.0
#include "refresh/apply_answer.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"
#include "operations/card_change.h"
#include "operations/card_state.h"

namespace iotcard {
namespace {

constexpr std::size_t quoted_bytes = 64;  // of a value, in a message

std::optional<StoredCard> find_answered_card(CardStore& store, const CardAnswer& answer) {
  if (auto card = store.find_card(answer.asked)) return card;
  if (answer.iccid) {
    if (auto card = store.find_card(*answer.iccid)) return card;
  }
  return find_matching_card(store, answer.asked);
}

// Why fields were left out; "" if none was.
std::string merge_answer(Card& card, const std::vector<FieldChange>& changes) {
  std::string ignored;
  const auto ignore = [&](const std::string& reason) {
    ignored.append(ignored.empty() ? "" : "; ").append(reason);
  };
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    // The platform of the card is known: it is the one that was asked.
    if (field == nullptr || field->owner != CardField::Owner::operators || name == "platform") {
      ignore(fmt::format("{}: not a field that a platform can set",
                         replace_invalid_utf8(name, quoted_bytes)));
    } else if (const auto problem = field->set(card, value)) {
      ignore(fmt::format("{}: {}, not \"{}\"", name, problem->text,
                         replace_invalid_utf8(value, quoted_bytes)));
    }
  }
  return ignored;
}

AppliedAnswer apply_found(Store& store, const Context& context, std::int64_t platform,
                          const CardAnswer& answer, const std::optional<StoredCard>& stored) {
  const Iccid iccid = stored ? stored->card.iccid : answer.iccid.value_or(answer.asked);
  StoredCard card = stored.value_or(StoredCard{Card{iccid}, Match::exact, {}, {}});
  const bool has_status =
      std::any_of(answer.fields.begin(), answer.fields.end(),
                  [](const FieldChange& change) { return change.name == "status"; });
  if (card.card.status == CardStatus::not_found && !has_status) {
    card.card.status = CardStatus::unknown;  // the platform has found it now
  }
  card.card.platform = platform;
  AppliedAnswer applied{
      .stored = true, .added = !stored, .ignored = merge_answer(card.card, answer.fields)};
  save_refreshed_card(store, context, std::move(card), stored);
  store.set_asked_at(iccid, context.now);
  return applied;
}

void apply_not_found(Store& store, const Context& context, StoredCard card) {
  const Card before = card.card;
  card.card.status = CardStatus::not_found;
  card.card.raw_status.clear();
  if (card.card == before) {
    store.set_refreshed_at(card.card.iccid, context.now);
  } else {
    card.card.refreshed_at = context.now;
    [[maybe_unused]] const bool moved = store_changed_card(store, context, card, before);
  }
  store.set_asked_at(card.card.iccid, context.now);
}

}  // namespace

AppliedAnswer apply_answer(Store& store, const Context& context, std::int64_t platform,
                           const CardAnswer& answer, std::chrono::milliseconds max_age) {
  Transaction transaction{store};
  const std::optional<StoredCard> stored = find_answered_card(store, answer);
  const bool found = answer.kind == CardAnswer::Kind::found;
  if (stored && stored->card.platform != platform && (!found || stored->card.platform)) {
    return {.ignored = fmt::format(
                "card {} is not of platform {}{}", stored->card.iccid.text(), platform,
                stored->card.platform ? fmt::format(", but of {}", *stored->card.platform) : "")};
  }
  AppliedAnswer applied{.stored = stored.has_value(), .added = false, .ignored = answer.failure};
  switch (answer.kind) {
    case CardAnswer::Kind::found:
      applied = apply_found(store, context, platform, answer, stored);
      break;
    case CardAnswer::Kind::not_found:
      if (stored) {
        apply_not_found(store, context, *stored);
      } else {
        store.record_miss(platform, answer.asked, context.now);
      }
      break;
    case CardAnswer::Kind::failed: {
      const auto pause = std::min<std::chrono::milliseconds>(max_age / 2, failed_pause);
      if (stored) store.set_asked_at(stored->card.iccid, context.now - max_age + pause);
      break;
    }
  }
  transaction.commit();
  return applied;
}

}  // namespace iotcard
