// SPDX-License-Identifier: Apache-2.0
// card list, card show.
#include <CLI/CLI.hpp>

#include "domain/card_fields.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct ListOptions {
  std::string prefix;
  std::string status;
  std::int64_t platform = 0;
  bool bound = false;
  bool unbound = false;
  bool abnormal = false;
  std::int64_t limit = 100;
};

CardQuery query_of(const ListOptions& options) {
  CardQuery query;
  query.filter.iccid_prefix = options.prefix;
  if (!options.status.empty()) query.filter.status = card_status_names.find(options.status);
  if (options.platform > 0) query.filter.platform = options.platform;
  if (options.bound || options.unbound) query.filter.bound = options.bound;
  query.abnormal = options.abnormal;
  return query;
}

AbnormalReasons reasons_of(const KnownCard& card, const Context& context) {
  return abnormal_reasons(card.card, context.policy.alerts, context.now);
}

std::vector<std::string> card_row(const KnownCard& card, AbnormalReasons reasons) {
  return {std::string{card.card.iccid.text()},
          shown(card.card.platform),
          std::string{card_status_names[card.card.status]},
          card.binding ? card.binding->device.text() : "",
          card.card.operator_name,
          card.card.msisdn,
          shown(card.card.expires_at).substr(0, 10),
          joined(reasons.names(abnormal_names))};
}

int list_cards(Program& program, const ListOptions& options) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
  if (program.json) {
    JsonArray array;
    each_card(*store, context, query_of(options), options.limit, [&](const KnownCard& card) {
      JsonText json;
      write_card(json, card, context);
      array.add(json.view());
    });
    array.finish();
    return success;
  }
  Table table{
      {"ICCID", "PLATFORM", "STATUS", "DEVICE", "OPERATOR", "MSISDN", "EXPIRES", "ABNORMAL"}};
  each_card(*store, context, query_of(options), options.limit, [&](const KnownCard& card) {
    const AbnormalReasons reasons = reasons_of(card, context);
    table.add(card_row(card, reasons), reasons.empty() ? Colour::none : Colour::yellow);
  });
  table.finish("no cards");
  return success;
}

void print_details(const CardDetails& details, const Context& context) {
  const KnownCard& card = details.card;
  const AbnormalReasons reasons = reasons_of(card, context);
  Facts facts;
  facts.add("iccid", card.card.iccid.text());
  for (const CardField& field : card_fields()) facts.add(field.name, field.get(card.card));
  if (card.binding) {
    facts.add("device", card.binding->device.text());
    facts.add("bound since", shown(card.binding->since));
  }
  facts.add("luhn", luhn_names[luhn(card.card.iccid)]);
  facts.add("abnormal", joined(reasons.names(abnormal_names)), Colour::yellow);
  for (const Binding& binding : details.bindings) {
    if (!binding.until) continue;
    facts.add("was bound to", binding.device.text() + " from " + shown(binding.since) + " until " +
                                  shown(*binding.until) + ", ended by " + binding.ended_by);
  }
  for (const Mismatch& mismatch : details.mismatches) {
    facts.add("mismatch",
              std::to_string(mismatch.id) + " " + std::string{outcome_name(mismatch.outcome)} +
                  " of device " + mismatch.device.text(),
              Colour::red);
  }
  facts.print();
}

int show_card(Program& program, const std::string& text) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const CardDetails details = describe_card(*store, iccid_from_operator(text));
  if (program.json) {
    JsonText json;
    write_card(json, details, context);
    std::printf("%s\n", json.take().c_str());
  } else {
    print_details(details, context);
  }
  return success;
}

}  // namespace

void add_card_list(CLI::App& card, Program& program) {
  CLI::App* list = card.add_subcommand("list", "Lists cards in the order of their ICCID");
  auto options = std::make_shared<ListOptions>();
  list->add_option("--prefix", options->prefix, "Only ICCIDs that begin so");
  list->add_option("--status", options->status, "Only cards with this status")
      ->check(CLI::IsMember(std::vector<std::string>{card_status_names.names.begin(),
                                                     card_status_names.names.end()}));
  list->add_option("--platform", options->platform, "Only cards of this platform")
      ->check(CLI::PositiveNumber);
  auto* bound = list->add_flag("--bound", options->bound, "Only cards bound to a device");
  list->add_flag("--unbound", options->unbound, "Only free cards")->excludes(bound);
  list->add_flag("--abnormal", options->abnormal, "Only cards that an operator must look at");
  list->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  list->footer("With --json: an array of cards.");
  list->callback([&program, options] {
    program.verb = [&program, options] { return list_cards(program, *options); };
  });
}

void add_card_show(CLI::App& card, Program& program) {
  CLI::App* show = card.add_subcommand("show", "Shows a card, its bindings and its mismatches");
  auto iccid = std::make_shared<std::string>();
  show->add_option("ICCID", *iccid, "The card, in any spelling a report may use")->required();
  show->footer("With --json: one object.");
  show->callback([&program, iccid] {
    program.verb = [&program, iccid] { return show_card(program, *iccid); };
  });
}

}  // namespace iotcard
