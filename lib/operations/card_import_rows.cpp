// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "operations/binding_operations.h"
#include "operations/card_spelling.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

// No text of a card has control characters.
constexpr char between_fields = '\x1e';

// "name=value" of each field that the row gives, with those of the daemon that an export has.
std::string staged_fields(const CardRow& row) {
  std::string text;
  const auto add = [&](const CardField& field) {
    if (!text.empty()) text += between_fields;
    text.append(field.name).append(1, '=').append(field.get(row.card));
  };
  for (const CardField* field : row.given) add(*field);
  const Card empty{row.card.iccid};
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::operators) continue;
    if (field.get(row.card) != field.get(empty)) add(field);
  }
  return text;
}

// What a field shows is what it reads.
CardRow staged_row(const StagedCard& staged) {
  CardRow row{staged.line, Card{staged.iccid}, staged.device, {}};
  std::string_view rest = staged.fields;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(between_fields));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::size_t equals = std::min(one.find('='), one.size());
    const CardField* const field = find_card_field(one.substr(0, equals));
    if (field == nullptr) continue;  // of another version of this program
    [[maybe_unused]] const auto problem =
        field->set(row.card, one.substr(std::min(equals + 1, one.size())));
    if (field->owner == CardField::Owner::operators) row.given.push_back(field);
  }
  return row;
}

}  // namespace

// "10 plan note\nanna": flags, columns, and who imports.
std::string import_settings_text(const ImportSettings& settings) {
  std::string text{settings.update ? '1' : '0', settings.clear_empty ? '1' : '0'};
  for (const CardField* field : settings.columns) text.append(1, ' ').append(field->name);
  return text + '\n' + settings.by;
}

ImportSettings read_import_settings(const std::string& text) {
  const std::size_t end = text.find('\n');
  std::istringstream words{text.substr(0, end)};
  std::string word;
  words >> word;
  ImportSettings settings{.update = word.starts_with('1'),
                          .clear_empty = word.ends_with('1'),
                          .columns = {},
                          .by = end == std::string::npos ? "" : text.substr(end + 1)};
  while (words >> word) {
    if (const CardField* field = find_card_field(word)) settings.columns.push_back(field);
  }
  return settings;
}

StagedCard staged_card(const CardRow& row) {
  return {row.line, row.card.iccid, row.device, staged_fields(row)};
}

std::optional<RowApplier::Refusal> RowApplier::apply(const StagedCard& staged) {
  const CardRow row = staged_row(staged);
  const Iccid& iccid = row.card.iccid;
  const std::vector<Iccid> others = store_.other_spellings(iccid);
  std::optional<StoredCard> stored = find_stored(iccid, others);
  if (!stored && others.size() > 1) return Refusal{stored_otherwise(iccid, others)};
  std::optional<Binding> holding;
  if (row.device) holding = store_.binding_of(*row.device);
  if (holding && holding->iccid != (stored ? stored->card.iccid : iccid)) {
    return Refusal{fmt::format("device {} is bound to card {} already", row.device->text(),
                               holding->iccid.text())};
  }
  std::optional<Refusal> refused;
  if (stored || !add(row, holding.has_value())) {
    if (!stored) stored = store_.find_card(iccid).value();
    refused = settings_.update ? update_stored(row, *std::move(stored))
                               : leave_stored(row, *stored, others);
  }
  if (!refused) check_luhn(iccid);
  return refused;
}

std::optional<RowApplier::Refusal> RowApplier::update_stored(const CardRow& row,
                                                             StoredCard stored) {
  auto reason = update(row, std::move(stored));
  return reason ? std::optional{Refusal{*std::move(reason)}} : std::nullopt;
}

// Without an update: a row that says what is stored is no mistake.
std::optional<RowApplier::Refusal> RowApplier::leave_stored(const CardRow& row,
                                                            const StoredCard& stored,
                                                            const std::vector<Iccid>& others) {
  const Iccid& iccid = row.card.iccid;
  const bool same = stored.card.iccid == iccid;
  if (same && says_what_is_stored(row, stored)) {
    ++result_.unchanged;
    return std::nullopt;
  }
  return Refusal{fmt::format("{}; an update (--update, or update=true by HTTP) would change {}",
                             same ? fmt::format("card {} is in the store already", iccid.text())
                                  : stored_otherwise(iccid, others),
                             same ? "it" : "that card"),
                 same};
}

// The stored card of a row that has another spelling in the store; nullopt: none, or several.
std::optional<StoredCard> RowApplier::find_stored(const Iccid& iccid,
                                                  const std::vector<Iccid>& others) {
  if (others.empty()) return std::nullopt;
  if (auto exact = store_.find_card(iccid)) return exact;
  return others.size() == 1 ? store_.find_card(others.front()) : std::nullopt;
}

// False: there is such a card already.
bool RowApplier::add(const CardRow& row, bool bound_already) {
  Card card = row.card;
  if (card.created_at == Instant{}) card.created_at = context_.now;
  if (card.updated_at == Instant{}) card.updated_at = context_.now;
  if (!store_new_card(store_, context_, card)) return false;
  ++result_.added;
  if (!row.device) return true;
  Affected touched{{*row.device}, {}};
  // It may be, as a card that once left the store without its binding.
  if (!bound_already)
    bind_over(store_, context_, *row.device, {card, Match::exact, {}, {}}, touched);
  ++result_.bound;
  result_.settled += reevaluate(store_, context_, touched);
  return true;
}

// The stored card with the fields of the row.
Card RowApplier::updated(const CardRow& row, const Card& stored) const {
  Card card = stored;
  for (const CardField* field : settings_.clear_empty ? settings_.columns : row.given) {
    // What a field shows is what it reads.
    [[maybe_unused]] const auto problem = field->set(card, field->get(row.card));
  }
  return card;
}

bool RowApplier::says_what_is_stored(const CardRow& row, const StoredCard& stored) const {
  const bool binds = row.device && !(stored.binding && stored.binding->device == *row.device);
  return !binds && updated(row, stored.card) == stored.card;
}

// `stored` may be bound, and the row's device is not bound to another card.
std::optional<std::string> RowApplier::update(const CardRow& row, StoredCard stored) {
  if (row.device && stored.binding && stored.binding->device != *row.device) {
    return fmt::format("card {} is bound to device {}; unbind it first, or bind it by force",
                       stored.card.iccid.text(), stored.binding->device.text());
  }
  const Card before = stored.card;
  note_not_taken(row, before);
  stored.card = updated(row, before);
  const bool changed = stored.card != before;
  const bool binds = row.device && !stored.binding;
  if (!changed && !binds) {
    ++result_.unchanged;
    return std::nullopt;
  }
  note_change(row, before, stored.card, binds);
  // The binding comes before what a waiting report would make of the card.
  Affected touched;
  if (changed && store_changed_card(store_, context_, stored, before)) {
    touched.cards.push_back(stored.card.iccid);
  }
  if (binds) {
    bind_over(store_, context_, *row.device, stored, touched);
    ++result_.bound;
  }
  result_.settled += reevaluate(store_, context_, touched);
  ++result_.updated;
  return std::nullopt;
}

void RowApplier::note_change(const CardRow& row, const Card& before, const Card& after,
                             bool binds) {
  if (result_.changes.size() == ImportResult::max_changes) return;
  CardDifference change{after.iccid, differences(before, after)};
  if (binds) change.fields.push_back({"device", "", row.device->text()});
  result_.changes.push_back(std::move(change));
}

void RowApplier::note_not_taken(const CardRow& row, const Card& stored) {
  const Card empty{row.card.iccid};
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::operators) continue;
    const std::string said = field.get(row.card);
    if (said == field.get(empty) || said == field.get(stored)) continue;
    auto& columns = result_.not_taken;
    auto noted = std::ranges::find(columns, &field, &CellsNotTaken::field);
    if (noted == columns.end()) noted = columns.insert(noted, {&field, 0, row.line});
    ++noted->cells;
  }
}

void RowApplier::check_luhn(const Iccid& iccid) {
  if (luhn(iccid) != Luhn::invalid) return;
  ++result_.luhn_invalid;
  if (result_.luhn_first.size() < ImportResult::max_luhn) result_.luhn_first.push_back(iccid);
}

}  // namespace iotcard
