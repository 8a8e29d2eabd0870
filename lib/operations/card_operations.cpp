// SPDX-License-Identifier: Apache-2.0
#include "operations/card_operations.h"

#include <fmt/core.h>

#include "domain/card_fields.h"
#include "domain/utf8.h"
#include "operations/card_change.h"
#include "operations/reconsider.h"

namespace iotcard {
namespace {

std::string settable_fields() {
  std::string names;
  for (const CardField& field : card_fields()) {
    if (field.owner != CardField::Owner::operators) continue;
    names.append(names.empty() ? "" : ", ").append(field.name);
  }
  return names;
}

void set_fields(Card& card, std::span<const FieldChange> changes, Duration zone) {
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    if (field == nullptr) {
      throw OperationError{
          OperationError::Kind::invalid,
          fmt::format("a card has no field \"{}\"; it has {}", name, settable_fields())};
    }
    if (field->owner != CardField::Owner::operators) {
      throw OperationError{OperationError::Kind::invalid,
                           fmt::format("{} is kept by the daemon; nobody sets it by hand", name)};
    }
    if (!is_utf8(value)) {
      throw OperationError{OperationError::Kind::invalid, fmt::format("{}: is not UTF-8", name)};
    }
    if (const auto expected = field->set(card, value, zone)) {
      throw OperationError{OperationError::Kind::invalid,
                           fmt::format("{}: \"{}\" does not fit: {}", name, value, *expected)};
    }
  }
}

}  // namespace

FieldChange field_change_from_operator(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw OperationError{OperationError::Kind::invalid,
                         fmt::format("\"{}\" is not FIELD=VALUE; the fields are {}",
                                     replace_invalid_utf8(text, 64), settable_fields())};
  }
  return {std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

KnownCard add_card(Store& store, const Context& context, const Iccid& iccid,
                   std::span<const FieldChange> fields, Duration zone) {
  Card card{iccid};
  set_fields(card, fields, zone);
  card.created_at = card.updated_at = context.now;
  Transaction transaction{store};
  if (!store_new_card(store, context, card)) {
    throw OperationError{
        OperationError::Kind::conflict,
        fmt::format("card {} is in the store already; change it instead", iccid.text())};
  }
  reconsider_unknown_cards(store, context);
  reconsider(store, context, {{}, {iccid}});
  KnownCard added = require_card(store, iccid);
  transaction.commit();
  return added;
}

KnownCard set_card(Store& store, const Context& context, const Iccid& iccid,
                   std::span<const FieldChange> fields, Duration zone) {
  Transaction transaction{store};
  KnownCard card = require_card(store, iccid);
  const Card before = card.card;
  set_fields(card.card, fields, zone);
  if (card.card == before) return card;
  if (store_changed_card(store, context, card, before)) reconsider(store, context, {{}, {iccid}});
  KnownCard changed = require_card(store, iccid);
  transaction.commit();
  return changed;
}

void remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids, bool force) {
  Transaction transaction{store};
  Touched touched;
  for (const Iccid& iccid : iccids) {
    const KnownCard card = require_card(store, iccid);
    touched.cards.push_back(iccid);
    if (card.binding) {
      if (!force) {
        throw OperationError{OperationError::Kind::conflict,
                             fmt::format("card {} is bound to device {}; unbind it first, or force",
                                         iccid.text(), card.binding->device.text())};
      }
      carry_out(store, context, release(*card.binding, context.by, context.now));
      touched.devices.push_back(card.binding->device);
    }
    store.remove_card(iccid);
  }
  reconsider(store, context, touched);
  transaction.commit();
}

void remove_card(Store& store, const Context& context, const Iccid& iccid, bool force) {
  remove_cards(store, context, {&iccid, 1}, force);
}

}  // namespace iotcard
