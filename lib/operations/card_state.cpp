// SPDX-License-Identifier: Apache-2.0
#include "operations/card_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/json_object.h"
#include "base/utf8.h"
#include "operations/card_change.h"
#include "operations/card_operations.h"
#include "operations/reevaluate.h"
#include "operations/usage.h"

namespace iotcard {
namespace {

constexpr int max_similar = 16;          // a 19-character ICCID with each last character
constexpr std::size_t shown_bytes = 64;  // of a value, in a message

// An operator's own words on a card.
constexpr std::array<std::string_view, 2> operators_own{"note", "alert_percent"};
// A platform does not say whose the card is: it was asked because that is known.
constexpr std::string_view whose = "platform";

void add_reason(std::string& reasons, const std::string& reason) {
  reasons.append(reasons.empty() ? "" : "; ").append(reason);
}

std::optional<StoredCard> find_fitting(Store& store, const Iccid& iccid) {
  if (auto card = store.find_card(iccid)) return card;
  for (StoredCard& card : store.find_similar_cards(iccid, max_similar)) {
    if (card.match == Match::strong) return std::move(card);
  }
  return std::nullopt;
}

std::optional<StoredCard> find_answered(Store& store, const CardAnswer& answer) {
  if (auto card = store.find_card(answer.asked)) return card;
  if (answer.iccid) {
    if (auto card = store.find_card(*answer.iccid)) return card;
  }
  return find_fitting(store, answer.asked);
}

// Why fields were left out; "" if none was.
std::string merge(Card& card, std::span<const FieldChange> changes) {
  std::string ignored;
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    if (field == nullptr || field->owner != CardField::Owner::operators || name == whose) {
      add_reason(ignored, fmt::format("{}: no field that a platform says",
                                      replace_invalid_utf8(name, shown_bytes)));
    } else if (const auto expected = field->set(card, value)) {
      add_reason(ignored, fmt::format("{}: \"{}\" does not fit: {}", name,
                                      replace_invalid_utf8(value, shown_bytes), *expected));
    }
  }
  return ignored;
}

bool names(std::span<const FieldChange> changes, std::string_view field) {
  return std::any_of(changes.begin(), changes.end(),
                     [&](const FieldChange& change) { return change.name == field; });
}

bool same_day(const std::optional<Instant>& a, Instant b) {
  return a && std::chrono::floor<std::chrono::days>(*a) == std::chrono::floor<std::chrono::days>(b);
}

// A whole fleet is refreshed each day, and of most cards nothing is new. True: see
// store_changed_card().
bool store_refreshed(Store& store, const Context& context, StoredCard card, const Card& before) {
  const bool first_today = !same_day(before.refreshed_at, context.now);
  bool moved = false;
  if (card.card == before) {
    store.set_refreshed_at(card.card.iccid, context.now);
    apply_change(store, context, judge_card(card, context.policy.alerts, context.now));
  } else {
    card.card.refreshed_at = context.now;
    moved = store_changed_card(store, context, card, before);
  }
  if (first_today) note_usage(store, context, card.card, std::nullopt);
  return moved;
}

void add_refreshed(Store& store, const Context& context, Card card) {
  card.created_at = card.updated_at = context.now;
  card.refreshed_at = context.now;
  store_new_card(store, context, card);
}

Taken take_found(Store& store, const Context& context, std::int64_t platform,
                 const CardAnswer& answer, std::optional<StoredCard> stored) {
  const Iccid iccid = stored ? stored->card.iccid : answer.iccid.value_or(answer.asked);
  StoredCard card = stored.value_or(StoredCard{Card{iccid}, Match::exact, {}, {}});
  // It is there after all, whatever its status may be.
  if (card.card.status == CardStatus::not_found && !names(answer.fields, "status")) {
    card.card.status = CardStatus::unknown;
  }
  card.card.platform = platform;
  Taken taken{.stored = true, .added = !stored, .ignored = merge(card.card, answer.fields)};
  bool settles = true;
  if (stored) {
    settles = store_refreshed(store, context, card, stored->card);
  } else {
    add_refreshed(store, context, card.card);
  }
  store.set_asked_at(iccid, context.now);
  if (settles) reevaluate(store, context, {{}, {iccid}});
  return taken;
}

void take_not_found(Store& store, const Context& context, StoredCard card) {
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

OperationError invalid(const std::string& what) {
  return {OperationError::Kind::invalid, what};
}

}  // namespace

Taken take_answer(Store& store, const Context& context, std::int64_t platform,
                  const CardAnswer& answer, std::chrono::milliseconds max_age) {
  Transaction transaction{store};
  std::optional<StoredCard> stored = find_answered(store, answer);
  const bool found = answer.kind == CardAnswer::Kind::found;
  if (stored && stored->card.platform != platform && (!found || stored->card.platform)) {
    return {.ignored = fmt::format(
                "card {} is not of platform {}{}", stored->card.iccid.text(), platform,
                stored->card.platform ? fmt::format(", but of {}", *stored->card.platform) : "")};
  }
  Taken taken{.stored = stored.has_value(), .added = false, .ignored = answer.failure};
  switch (answer.kind) {
    case CardAnswer::Kind::found:
      taken = take_found(store, context, platform, answer, std::move(stored));
      break;
    case CardAnswer::Kind::not_found:
      if (stored) {
        take_not_found(store, context, *std::move(stored));
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
  return taken;
}

StoredCard set_card_state_within(Store& store, const Context& context, const Iccid& iccid,
                                 std::span<const FieldChange> fields) {
  for (const std::string_view own : operators_own) {
    if (names(fields, own)) {
      throw invalid(fmt::format("{}: what an operator says of the card; a state does not", own));
    }
  }
  if (fields.empty()) throw invalid("says nothing: name a field, such as status or used_bytes");
  const std::optional<StoredCard> stored = find_fitting(store, iccid);
  StoredCard card = stored.value_or(StoredCard{Card{iccid}, Match::exact, {}, {}});
  const Iccid number = card.card.iccid;
  if (names(fields, "status")) card.card.raw_status.clear();  // that of another status
  set_card_fields(card.card, fields, {});
  bool settles = true;
  if (stored) {
    settles = store_refreshed(store, context, std::move(card), stored->card);
  } else {
    add_refreshed(store, context, std::move(card.card));
  }
  if (settles) reevaluate(store, context, {{}, {number}});
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
  if (const auto* problem = std::get_if<JsonProblem>(&read)) throw invalid(problem->text);
  auto& members = std::get<std::vector<JsonMember>>(read);
  std::erase_if(members, [](const JsonMember& member) {
    const bool known = find_card_field(member.name) != nullptr;  // others are refused by name
    return known && member.kind == JsonMember::Kind::null;
  });
  return field_changes(members);
}

}  // namespace iotcard
