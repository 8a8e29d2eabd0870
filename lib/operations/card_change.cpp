// SPDX-License-Identifier: Apache-2.0
#include "operations/card_change.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

std::string day_of(Instant time) {
  return to_rfc3339(time).substr(0, std::string_view{"2026-11-23"}.size());
}

}  // namespace

void note_usage(CardStore& store, const Context& context, const Card& card,
                const std::optional<std::int64_t>& before) {
  if (!card.used_bytes || card.used_bytes == before) return;
  const Instant oldest = context.now - std::chrono::days{usage_days - 1};
  store.save_usage(card.iccid, {day_of(context.now), *card.used_bytes}, day_of(oldest));
}

std::string settable_card_fields() {
  std::string names;
  for (const CardField& field : card_fields()) {
    if (field.owner != CardField::Owner::operators) continue;
    names.append(names.empty() ? "" : ", ").append(field.name);
  }
  return names;
}

void set_card_fields(Card& card, std::span<const FieldChange> changes, Duration zone) {
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    if (field == nullptr) {
      throw OperationError::invalid(fmt::format("a card has no field \"{}\"; it has {}",
                                                printable(name), settable_card_fields()));
    }
    if (field->owner != CardField::Owner::operators) {
      throw OperationError::invalid(
          fmt::format("{} is kept by the daemon; nobody sets it by hand", name));
    }
    if (!is_utf8(value)) {
      throw OperationError::invalid(fmt::format("{}: is not UTF-8", name));
    }
    if (const auto problem = field->set(card, value, zone)) {
      throw OperationError::invalid(
          fmt::format("{}: {}, not \"{}\"", name, problem->text, printable(value)));
    }
  }
}

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
  const AbnormalReasons reasons = abnormal_reasons(card, context.policy.alerts, context.now);
  if (!store.add_card(card, reasons)) return false;
  if (!reasons.empty()) {
    Change change = announce({card, Match::exact, {}, {}}, reasons, context.now);
    change.writes.clear();  // the card was added with its reasons
    apply_change(store, context, change);
  }
  note_usage(store, context, card, std::nullopt);
  return true;
}

bool store_changed_card(Store& store, const Context& context, StoredCard card, const Card& before) {
  card.card.updated_at = context.now;
  store.update_card(card.card);
  apply_change(store, context, judge_card(card, context.policy.alerts, context.now));
  note_usage(store, context, card.card, before.used_bytes);
  // Of all fields only the platform is a cause of mismatches.
  return card.card.platform != before.platform;
}

}  // namespace iotcard
