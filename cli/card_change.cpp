// SPDX-License-Identifier: Apache-2.0
// card add, card set, card remove.
#include <fmt/core.h>

#include <memory>

#include "domain/card_fields.h"
#include "operations/card_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"
#include "zone_argument.h"

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

int print_changed(const Program& program, const Context& context, const StoredCard& card,
                  const char* what) {
  if (program.json) {
    print_json([&](JsonText& json) { write_card(json, card, context); });
  } else {
    say(fmt::format("card {} {}", card.card.iccid.text(), what));
  }
  return success;
}

int add_one_card(Program& program, const CardChangeOptions& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const auto store = program.open_store();
  const Context context = program.context();
  return print_changed(program, context, add_card(*store, context, iccid, changes, zone), "added");
}

int set_fields(Program& program, const CardChangeOptions& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const auto store = program.open_store_to_change();
  const Context context = program.context();
  return print_changed(program, context, set_card(*store, context, iccid, changes, zone),
                       "changed");
}

int remove_one_card(Program& program, const CardChangeOptions& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const auto store = program.open_store_to_change();
  remove_card(*store, program.context(), iccid, options.force);
  if (program.json) {
    print_json([&](JsonText& json) { write_removed(json, iccid); });
  } else {
    say(fmt::format("card {} removed", iccid.text()));
  }
  return success;
}

std::string field_help() {
  std::string help = "Fields:";
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::operators) help.append(" ").append(field.name);
  }
  return help + "\n" + time_help + "\nWith --json: the card, as card show --json without history.";
}

}  // namespace

Action card_add_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.required("ICCID", options->iccid, "The card");
  arguments.positional("FIELD=VALUE", options->fields, "Its fields, such as status=active");
  arguments.zone(options->zone);
  arguments.footer(field_help());
  return [options](Program& program) { return add_one_card(program, *options); };
}

Action card_set_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.required("ICCID", options->iccid, "The card");
  arguments.required("FIELD=VALUE", options->fields, "A new value; FIELD= clears the field");
  arguments.zone(options->zone);
  arguments.footer(field_help());
  return [options](Program& program) { return set_fields(program, *options); };
}

Action card_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<CardChangeOptions>();
  arguments.required("ICCID", options->iccid, "The card");
  arguments.flag("--force", options->force, "Even if it is bound: ends the binding");
  arguments.footer("With --json, one object: iccid and removed.");
  return [options](Program& program) { return remove_one_card(program, *options); };
}

}  // namespace iotcard
