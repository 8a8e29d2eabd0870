// SPDX-License-Identifier: Apache-2.0
// card add, card set, card remove.
#include <fmt/core.h>

#include <memory>
#include <utility>

#include "base/text.h"
#include "card_selection.h"
#include "domain/card_fields.h"
#include "operations.h"
#include "operations/card_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardChangeOptions {
  std::string iccid;
  std::vector<std::string> iccids;  // of a verb that takes several
  std::vector<std::string> fields;
  std::string zone;
  std::string if_match;
  bool force = false;
  ManyCards many;
};

// A wrong field or value is said before a store is looked for, or made.
std::vector<FieldChange> changes_of(const CardChangeOptions& options) {
  std::vector<FieldChange> changes;
  for (const std::string& text : options.fields) {
    changes.push_back(field_change_from_operator(text));
  }
  Card any{Iccid::from_canonical("890000000000000000").value()};
  set_card_fields(any, changes, zone_from_operator(options.zone));
  return changes;
}

std::optional<Instant> updated_at_of(const CardChangeOptions& options) {
  if (options.if_match.empty()) return std::nullopt;
  return time_from_operator("--if-match", options.if_match);
}

// Adds a card, or changes it.
int save_card(Program& program, const CardChangeOptions& options, bool adds) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const std::optional<Instant> updated_at = updated_at_of(options);
  const auto operations = open_operations(program, adds ? Use::create : Use::change);
  std::optional<StoredCard> before;
  if (!adds) before = operations->card(iccid).card;
  const StoredCard card = adds ? operations->add_card(iccid, changes, zone)
                               : operations->set_card(iccid, changes, zone, updated_at);
  const bool same = before && differences(before->card, card.card).empty();
  return print_change(
      program.json, [&](JsonText& json) { write_card(json, card, operations->context()); },
      [&] {
        say(fmt::format("{} {}", named_card(card.card.iccid, iccid),
                        adds   ? "added"
                        : same ? "unchanged: it has these values already"
                               : "changed"));
      });
}

int set_cards(Program& program, CardChangeOptions options) {
  options.many.take_iccid(options.iccid);
  // Of many cards no ICCID is named, so the first word is a field.
  if (options.many.given() && options.iccid.find('=') != std::string::npos) {
    options.fields.insert(options.fields.begin(), std::exchange(options.iccid, ""));
  }
  require_one_or_many(options.iccid, options.many, "set");
  if (options.fields.empty()) throw UsageError{"card set needs FIELD=VALUE"};
  if (!options.many.given()) return save_card(program, options, false);
  if (!options.if_match.empty()) throw UsageError{"--if-match goes with one ICCID"};
  return change_many(program, options.many,
                     {.action = CardBatch::Action::set,
                      .fields = changes_of(options),
                      .zone = zone_from_operator(options.zone)});
}

// One card, several, or "-": a list on standard input.
void take_iccids(CardChangeOptions& options) {
  std::vector<std::string>& named = options.iccids;
  if (contains(named, "-")) {
    if (named.size() > 1) throw UsageError{"- and ICCIDs: give one of them, not both"};
    options.many.selection.from = "-";
  } else if (named.size() == 1 && !options.many.dry_run) {
    options.iccid = named[0];
  } else {
    options.many.selection.named = std::move(named);
  }
}

int remove_cards(Program& program, CardChangeOptions options) {
  take_iccids(options);
  options.many.take_iccid(options.iccid);
  require_one_or_many(options.iccid, options.many, "remove");
  if (options.many.given()) {
    return change_many(program, options.many,
                       {.action = CardBatch::Action::remove, .force = options.force});
  }
  const Iccid iccid = iccid_from_operator(options.iccid);
  const auto operations = open_operations(program, Use::change);
  const Iccid stored = operations->card(iccid).card.card.iccid;
  const std::vector<Binding> released = operations->remove_card(stored, options.force);
  return print_change(
      program.json, [&](JsonText& json) { write_removed(json, stored, released); },
      [&] {
        for (const Binding& binding : released) say_released(binding);
        say(fmt::format("{} removed", named_card(stored, iccid)));
      });
}

std::string field_help() {
  std::string help = "\nFields:";
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::operators) help.append(" ").append(field.name);
  }
  return help + time_help + "\nWith --json: the card, as card show --json without history.";
}

}  // namespace

Action card_add_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.required("ICCID", options->iccid, "The card");
  arguments.option("FIELDS", options->fields, "FIELD=VALUE for each, such as status=active");
  arguments.zone(options->zone);
  arguments.footer(field_help());
  return [options](Program& program) { return save_card(program, *options, true); };
}

Action card_set_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.option("ICCID", options->iccid, "The card");
  arguments.option("FIELDS", options->fields,
                   "FIELD=VALUE for each new value; FIELD= clears the field");
  arguments.zone(options->zone);
  arguments.option("--if-match", options->if_match,
                   "Only if this is still the updated_at of the card: nobody has changed it since");
  declare_many(arguments, options->many);
  arguments.footer(field_help() + many_help);
  return [options](Program& program) { return set_cards(program, *options); };
}

Action card_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.option("ICCID", options->iccids, "The cards; - is standard input, one a line");
  arguments.flag("--force", options->force, "Even if it is bound: ends the binding");
  declare_many(arguments, options->many);
  arguments.footer(std::string{R"(
The change log of a removed card is kept: card show ICCID says who removed it, and when.
With --json, of one card: iccid, removed, and released: the bindings that ended. Cards that
are named one by one need no --yes.)"} +
                   many_help);
  return [options](Program& program) { return remove_cards(program, *options); };
}

}  // namespace iotcard
