// SPDX-License-Identifier: Apache-2.0
// card add, card set, card remove.
#include <fmt/core.h>

#include <memory>

#include "domain/card_fields.h"
#include "operations/card_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardChangeOptions {
  std::string iccid;
  std::vector<std::string> fields;
  std::string zone;
  bool force = false;
};

std::vector<FieldChange> changes_of(const CardChangeOptions& options) {
  std::vector<FieldChange> changes;
  for (const std::string& text : options.fields) {
    changes.push_back(field_change_from_operator(text));
  }
  return changes;
}

// Adds a card, or changes it.
int save_card(Program& program, const CardChangeOptions& options, bool adds) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const auto store = adds ? program.open_store() : program.open_store_to_change();
  const Context context = program.context();
  const auto save = adds ? add_card : set_card;
  const StoredCard card = save(*store, context, iccid, changes, zone);
  return print_result(
      program.json, [&](JsonText& json) { write_card(json, card, context); },
      [&] { say(fmt::format("card {} {}", iccid.text(), adds ? "added" : "changed")); });
}

int remove_one_card(Program& program, const CardChangeOptions& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const auto store = program.open_store_to_change();
  remove_card(*store, program.context(), iccid, options.force);
  return print_result(
      program.json, [&](JsonText& json) { write_removed(json, iccid); },
      [&] { say(fmt::format("card {} removed", iccid.text())); });
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
  arguments.required("ICCID", options->iccid, "The card");
  arguments.required("FIELDS", options->fields,
                     "FIELD=VALUE for each new value; FIELD= clears the field");
  arguments.zone(options->zone);
  arguments.footer(field_help());
  return [options](Program& program) { return save_card(program, *options, false); };
}

Action card_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.required("ICCID", options->iccid, "The card");
  arguments.flag("--force", options->force, "Even if it is bound: ends the binding");
  arguments.footer(R"(
With --json, one object: iccid and removed.)");
  return [options](Program& program) { return remove_one_card(program, *options); };
}

}  // namespace iotcard
