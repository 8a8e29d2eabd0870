// SPDX-License-Identifier: Apache-2.0
#include "operations/card_state.h"

#include <fmt/core.h>

#include <array>

#include "base/json_object.h"
#include "base/text.h"
#include "operations/card_operations.h"
#include "operations/card_spelling.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

// What only operators say about a card. `imei` is the lock; a platform reports `network_imei`.
constexpr std::array<std::string_view, 3> operators_own{"note", "alert_percent", "imei"};

bool same_day(const std::optional<Instant>& a, Instant b) {
  return a && std::chrono::floor<std::chrono::days>(*a) == std::chrono::floor<std::chrono::days>(b);
}

}  // namespace

std::optional<StoredCard> find_matching_card(CardStore& store, const Iccid& iccid) {
  for (StoredCard& card : store.matching_cards(iccid)) {
    if (card.match != Match::weak) return std::move(card);
  }
  return std::nullopt;
}

void save_refreshed_card(Store& store, const Context& context, StoredCard card,
                         const std::optional<StoredCard>& before) {
  const Iccid iccid = card.card.iccid;
  const bool first_today = !before || !same_day(before->card.refreshed_at, context.now);
  bool mismatches_may_end = true;
  if (!before) {
    card.card.refreshed_at = card.card.created_at = card.card.updated_at = context.now;
    store_new_card(store, context, card.card);
  } else if (card.card == before->card) {  // most cards of a fleet that is refreshed each day
    store.set_refreshed_at(iccid, context.now);
    apply_change(store, context, judge_card(card, context.policy.alerts, context.now));
    mismatches_may_end = false;
  } else {
    card.card.refreshed_at = context.now;
    mismatches_may_end = store_changed_card(store, context, card, before->card, UsageInLog::no);
  }
  if (before && first_today) note_usage(store, context, card.card, std::nullopt);
  if (mismatches_may_end) reevaluate(store, context, {{}, {iccid}});
}

void mark_not_found(Store& store, const Context& context, StoredCard card) {
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

StoredCard set_card_state_within(Store& store, const Context& context, const Iccid& iccid,
                                 std::span<const FieldChange> fields) {
  for (const std::string_view own : operators_own) {
    if (contains(fields, own, &FieldChange::name)) {
      throw OperationError::invalid(
          fmt::format("{}: only an operator sets it; a state cannot{}", own,
                      own == "imei" ? ". The IMEI that the network has seen is network_imei" : ""));
    }
  }
  if (fields.empty())
    throw OperationError::invalid("has no field: name one, such as status or used_bytes");
  const std::optional<StoredCard> stored = find_matching_card(store, iccid);
  if (!stored) {
    if (const auto others = stored_spellings(store, iccid); !others.empty()) {
      throw OperationError::conflict(stored_otherwise(iccid, others) + "; name that card instead",
                                     {ErrorKey::card_exists, {{"iccid", others.front().text()}}});
    }
  }
  StoredCard card = stored.value_or(StoredCard{Card{iccid}, Match::exact, {}, {}});
  const Iccid number = card.card.iccid;
  if (contains(fields, "status", &FieldChange::name))
    card.card.raw_status.clear();  // it belongs to the old status
  set_card_fields(card.card, fields, {}, SetBy::platform);
  save_refreshed_card(store, context, std::move(card), stored);
  return require_card(store, number);
}

StoredCard set_card_state(Store& store, const Context& context, const Iccid& iccid,
                          std::span<const FieldChange> fields) {
  Transaction transaction{store};
  StoredCard card = set_card_state_within(store, context, iccid, fields);
  transaction.commit();
  return card;
}

std::vector<FieldChange> card_state_from_json(std::string_view json) {
  auto read = read_flat_json(json);
  if (const auto* problem = std::get_if<Problem>(&read))
    throw OperationError::invalid(problem->text);
  auto& members = std::get<std::vector<JsonMember>>(read);
  std::erase_if(members, [](const JsonMember& member) {
    const bool known = find_card_field(member.name) != nullptr;  // others are refused by name
    return known && member.kind == JsonMember::Kind::null;
  });
  return field_changes(members);
}

}  // namespace iotcard
