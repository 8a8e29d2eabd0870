// SPDX-License-Identifier: Apache-2.0
#include "operations/card_operations.h"

#include <fmt/core.h>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "operations/binding_operations.h"
#include "operations/card_spelling.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

std::string day_of(Instant time) {
  return to_rfc3339(time).substr(0, std::string_view{"2026-11-23"}.size());
}

void log_change(CardStore& store, const Context& context, const Iccid& iccid,
                LoggedChange::Kind kind) {
  store.log_change(iccid, {.at = context.now, .by = context.by, .kind = kind});
}

void log_changes(CardStore& store, const Context& context, const Card& before, const Card& after,
                 UsageInLog usage) {
  for (FieldDifference& changed : differences(before, after)) {
    const bool of_usage = changed.field == "used_bytes" || changed.field == "remaining_bytes";
    if (of_usage && usage == UsageInLog::no) continue;
    store.log_change(after.iccid, {.at = context.now,
                                   .by = context.by,
                                   .field = std::string{changed.field},
                                   .before = std::move(changed.before),
                                   .after = std::move(changed.after)});
  }
}

// Without what becomes of its mismatches.
void remove_only(Store& store, const Context& context, const StoredCard& card, const Iccid& named,
                 bool force, Affected& affected, std::vector<Binding>& released) {
  if (card.binding && !force) {
    throw OperationError::conflict(
        fmt::format("{} is bound to device {}; unbind it first, or force",
                    named_card(card.card.iccid, named), card.binding->device.text()),
        {ErrorKey::card_bound,
         {{"iccid", card.card.iccid.text()}, {"device", card.binding->device.text()}}});
  }
  affected.cards.push_back(card.card.iccid);
  if (card.binding) {
    apply_change(store, context, release(*card.binding, context.by, context.now));
    affected.devices.push_back(card.binding->device);
    released.push_back(ended_binding(*card.binding, context));
  }
  delete_card(store, context, card.card.iccid);
}

void require_unchanged(const Card& card, Instant updated_at) {
  // As others have read it: without what is finer than a millisecond.
  if (to_rfc3339(card.updated_at) == to_rfc3339(updated_at)) return;
  throw OperationError::outdated(
      fmt::format("card {} has changed since {}: its updated_at is {}; read it again",
                  card.iccid.text(), to_rfc3339(updated_at), to_rfc3339(card.updated_at)),
      {ErrorKey::changed_meanwhile,
       {{"iccid", card.iccid.text()}, {"updated_at", to_rfc3339(card.updated_at)}}});
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

void set_card_fields(Card& card, std::span<const FieldChange> changes, Duration zone, SetBy by) {
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    if (field == nullptr) {
      throw OperationError::invalid(fmt::format("a card has no field \"{}\"; it has {}",
                                                printable(name), settable_card_fields()),
                                    {ErrorKey::unknown_parameter, {{"name", printable(name)}}});
    }
    if (field->owner == CardField::Owner::daemon) {
      throw OperationError::invalid(
          fmt::format("{} is kept by the daemon; nobody sets it by hand", name),
          {ErrorKey::invalid_parameter, {{"name", name}}});
    }
    if (field->owner == CardField::Owner::platforms && by != SetBy::platform) {
      throw OperationError::invalid(
          fmt::format("{} is what the card's platform reports; nobody sets it by hand", name),
          {ErrorKey::invalid_parameter, {{"name", name}}});
    }
    if (!is_utf8(value)) {
      throw OperationError::invalid(fmt::format("{}: is not UTF-8", name),
                                    {ErrorKey::invalid_parameter, {{"name", name}}});
    }
    if (const auto problem = field->set(card, value, zone)) {
      throw OperationError::invalid(
          fmt::format("{}: {}, not \"{}\"", name, problem->text, printable(value)),
          {ErrorKey::invalid_parameter, {{"name", name}}});
    }
  }
}

std::vector<FieldDifference> differences(const Card& before, const Card& after) {
  std::vector<FieldDifference> found;
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::daemon) continue;
    std::string was = field.get(before);
    std::string is = field.get(after);
    if (was != is) found.push_back({field.name, std::move(was), std::move(is)});
  }
  return found;
}

bool store_new_card(Store& store, const Context& context, const Card& card) {
  const AbnormalReasons reasons = abnormal_reasons(card, context.policy.alerts, context.now);
  const auto judge_at = next_judgement(card, context.policy.alerts, context.now);
  if (!store.add_card(card, reasons, judge_at)) return false;
  log_change(store, context, card.iccid, LoggedChange::Kind::added);
  if (!reasons.empty()) {
    apply_change(store, context,
                 {{}, announce({card, Match::exact, {}, {}}, reasons, context.now)});
  }
  note_usage(store, context, card, std::nullopt);
  return true;
}

bool store_changed_card(Store& store, const Context& context, StoredCard card, const Card& before,
                        UsageInLog usage) {
  card.card.updated_at = context.now;
  store.update_card(card.card);
  log_changes(store, context, before, card.card, usage);
  apply_change(store, context, judge_card(card, context.policy.alerts, context.now));
  note_usage(store, context, card.card, before.used_bytes);
  // Of all fields only the platform is a cause of mismatches.
  return card.card.platform != before.platform;
}

bool delete_card(Store& store, const Context& context, const Iccid& iccid) {
  if (!store.remove_card(iccid)) return false;
  log_change(store, context, iccid, LoggedChange::Kind::removed);
  return true;
}

FieldChange field_change_from_operator(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw OperationError::invalid(fmt::format("\"{}\" is not FIELD=VALUE; the fields are {}",
                                              printable(text), settable_card_fields()));
  }
  return {std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

std::vector<FieldChange> field_changes(std::span<const JsonMember> members) {
  using Kind = JsonMember::Kind;
  std::vector<FieldChange> changes;
  for (const JsonMember& member : members) {
    const CardField* field = find_card_field(member.name);
    // Of one that there is not just that is said, whatever its type.
    const bool text = field != nullptr && field->kind == CardField::Kind::text;
    if (text && member.kind == Kind::integer) {
      throw OperationError::invalid(fmt::format("{}: expected a text; write it in quotes: \"{}\"",
                                                member.name, printable(member.text)));
    }
    if (member.kind == Kind::texts || member.kind == Kind::integers) {
      throw OperationError::invalid(
          fmt::format("{}: expected a text or a number, not an array", printable(member.name)));
    }
    if (field != nullptr && member.kind == Kind::boolean) {
      throw OperationError::invalid(fmt::format("{}: expected a {}, not {}", member.name,
                                                text ? "text" : "number", member.text));
    }
    changes.push_back({member.name, member.text});
  }
  return changes;
}

StoredCard add_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone) {
  Card card{iccid};
  set_card_fields(card, fields, zone);
  card.created_at = card.updated_at = context.now;
  Transaction transaction{store};
  if (const auto others = stored_spellings(store, iccid); !others.empty()) {
    throw OperationError::conflict(stored_otherwise(iccid, others) + "; change that card instead",
                                   {ErrorKey::card_exists, {{"iccid", others.front().text()}}});
  }
  if (!store_new_card(store, context, card)) {
    throw OperationError::conflict(
        fmt::format("card {} is in the store already; change it instead", iccid.text()),
        {ErrorKey::card_exists, {{"iccid", iccid.text()}}});
  }
  reevaluate_unknown_cards(store, context);
  reevaluate(store, context, {{}, {iccid}});
  StoredCard added = require_card(store, iccid);
  transaction.commit();
  return added;
}

StoredCard set_card_within(Store& store, const Context& context, const Iccid& iccid,
                           std::span<const FieldChange> fields, Duration zone) {
  StoredCard card = require_card(store, iccid);
  const Card before = card.card;
  set_card_fields(card.card, fields, zone);
  if (card.card == before) return card;
  const Iccid& stored = before.iccid;
  if (store_changed_card(store, context, card, before)) reevaluate(store, context, {{}, {stored}});
  return require_card(store, stored);
}

StoredCard set_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone,
                    const std::optional<Instant>& updated_at) {
  Transaction transaction{store};
  if (updated_at) require_unchanged(require_card(store, iccid).card, *updated_at);
  StoredCard card = set_card_within(store, context, iccid, fields, zone);
  transaction.commit();
  return card;
}

RemovedCards remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids,
                          bool force) {
  Transaction transaction{store};
  // What they name is as before the first of them is removed.
  std::vector<StoredCard> cards;
  for (const Iccid& iccid : iccids) cards.push_back(require_card(store, iccid));
  Affected affected;
  RemovedCards removed;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const Iccid& stored = cards[i].card.iccid;
    if (contains(removed.cards, stored)) continue;
    remove_only(store, context, cards[i], iccids[i], force, affected, removed.released);
    removed.cards.push_back(stored);
  }
  reevaluate(store, context, affected);
  transaction.commit();
  return removed;
}

std::vector<Binding> remove_card_within(Store& store, const Context& context, const Iccid& iccid,
                                        bool force) {
  Affected affected;
  std::vector<Binding> released;
  remove_only(store, context, require_card(store, iccid), iccid, force, affected, released);
  reevaluate(store, context, affected);
  return released;
}

std::vector<Binding> remove_card(Store& store, const Context& context, const Iccid& iccid,
                                 bool force) {
  return remove_cards(store, context, {&iccid, 1}, force).released;
}

}  // namespace iotcard
