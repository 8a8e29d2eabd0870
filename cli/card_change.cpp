// SPDX-License-Identifier: Apache-2.0
// card add, card set, card remove.
#include <CLI/CLI.hpp>

#include "domain/card_fields.h"
#include "operations/card_operations.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"
#include "zone_argument.h"

namespace iotcard {
namespace {

struct Options {
  std::string iccid;
  std::vector<std::string> fields;
  std::string zone;
  bool force = false;
};

std::vector<FieldChange> changes_of(const Options& options) {
  std::vector<FieldChange> changes;
  for (const std::string& text : options.fields) {
    changes.push_back(field_change_from_operator(text));
  }
  return changes;
}

int report(const Program& program, const Context& context, const StoredCard& card,
           const char* what) {
  JsonText json;
  write_card(json, card, context);
  if (program.json) {
    std::printf("%s\n", json.take().c_str());
  } else {
    std::printf("card %s %s\n", std::string{card.card.iccid.text()}.c_str(), what);
  }
  return success;
}

int add(Program& program, const Options& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const auto store = program.open_store();
  const Context context = program.context();
  return report(program, context, add_card(*store, context, iccid, changes, zone), "added");
}

int set(Program& program, const Options& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const std::vector<FieldChange> changes = changes_of(options);
  const Duration zone = zone_from_operator(options.zone);
  const auto store = program.open_existing_store();
  const Context context = program.context();
  return report(program, context, set_card(*store, context, iccid, changes, zone), "changed");
}

int remove(Program& program, const Options& options) {
  const Iccid iccid = iccid_from_operator(options.iccid);
  const auto store = program.open_existing_store();
  remove_card(*store, program.context(), iccid, options.force);
  if (program.json) {
    JsonText json;
    write_removed(json, iccid);
    std::printf("%s\n", json.take().c_str());
  } else {
    std::printf("card %s removed\n", std::string{iccid.text()}.c_str());
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

// The verb runs `action` with its own options.
void add_verb(CLI::App& verb, Program& program, std::shared_ptr<Options> options,
              int (*action)(Program&, const Options&)) {
  verb.add_option("ICCID", options->iccid, "The card")->required();
  verb.callback([&program, options, action] {
    program.verb = [&program, options, action] { return action(program, *options); };
  });
}

}  // namespace

void add_card_add(CLI::App& card, Program& program) {
  CLI::App* verb = card.add_subcommand("add", "Adds one card");
  auto options = std::make_shared<Options>();
  add_verb(*verb, program, options, add);
  verb->add_option("FIELD=VALUE", options->fields, "What is known of it, such as status=active");
  add_zone_option(*verb, options->zone);
  verb->footer(field_help());
}

void add_card_set(CLI::App& card, Program& program) {
  CLI::App* verb = card.add_subcommand("set", "Changes fields of a card");
  auto options = std::make_shared<Options>();
  add_verb(*verb, program, options, set);
  verb->add_option("FIELD=VALUE", options->fields, "A new value; FIELD= clears the field")
      ->required();
  add_zone_option(*verb, options->zone);
  verb->footer(field_help());
}

void add_card_remove(CLI::App& card, Program& program) {
  CLI::App* verb = card.add_subcommand("remove", "Removes a card from the store");
  auto options = std::make_shared<Options>();
  add_verb(*verb, program, options, remove);
  verb->add_flag("--force", options->force, "Even if it is bound: ends the binding");
  verb->footer("With --json, one object: iccid and removed.");
}

}  // namespace iotcard
