// SPDX-License-Identifier: Apache-2.0
#include "operations/card_operations.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"
#include "operations/card_change.h"
#include "operations/reevaluate.h"

namespace iotcard {

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
  if (!store_new_card(store, context, card)) {
    throw OperationError::conflict(
        fmt::format("card {} is in the store already; change it instead", iccid.text()));
  }
  reevaluate_unknown_cards(store, context);
  reevaluate(store, context, {{}, {iccid}});
  StoredCard added = require_card(store, iccid);
  transaction.commit();
  return added;
}

StoredCard set_card(Store& store, const Context& context, const Iccid& iccid,
                    std::span<const FieldChange> fields, Duration zone) {
  Transaction transaction{store};
  StoredCard card = require_card(store, iccid);
  const Card before = card.card;
  set_card_fields(card.card, fields, zone);
  if (card.card == before) return card;
  if (store_changed_card(store, context, card, before)) reevaluate(store, context, {{}, {iccid}});
  StoredCard changed = require_card(store, iccid);
  transaction.commit();
  return changed;
}

void remove_cards(Store& store, const Context& context, std::span<const Iccid> iccids, bool force) {
  Transaction transaction{store};
  Affected touched;
  for (const Iccid& iccid : iccids) {
    const StoredCard card = require_card(store, iccid);
    touched.cards.push_back(iccid);
    if (card.binding) {
      if (!force) {
        throw OperationError::conflict(
            fmt::format("card {} is bound to device {}; unbind it first, or force", iccid.text(),
                        card.binding->device.text()));
      }
      apply_change(store, context, release(*card.binding, context.by, context.now));
      touched.devices.push_back(card.binding->device);
    }
    store.remove_card(iccid);
  }
  reevaluate(store, context, touched);
  transaction.commit();
}

void remove_card(Store& store, const Context& context, const Iccid& iccid, bool force) {
  remove_cards(store, context, {&iccid, 1}, force);
}

}  // namespace iotcard
