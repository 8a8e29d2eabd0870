// SPDX-License-Identifier: Apache-2.0
// card lookup.
#include "operations/card_lookup.h"

#include <memory>
#include <utility>

#include "api_operations.h"
#include "api_requests.h"
#include "card_selection.h"
#include "operations.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardLookupOptions {
  std::vector<std::string> iccids;
  std::string from;
};

TableRow card_row(const Iccid& named, const char* result, const StoredCard& card) {
  return {{std::string{named.text()}, result, std::string{card.card.iccid.text()},
           std::string{card_status_names[card.card.status]},
           card.binding ? card.binding->device.text() : "", card.card.operator_name,
           card.card.plan}};
}

void print(const CardLookup& lookup) {
  Table table{{"ICCID", "RESULT", "CARD", "STATUS", "DEVICE", "OPERATOR", "PLAN"}};
  for (const StoredCard& card : lookup.found) table.add(card_row(card.card.iccid, "found", card));
  for (const auto& [named, cards] : lookup.near) {
    for (const StoredCard& card : cards) table.add(card_row(named, "near", card));
  }
  for (const Iccid& iccid : lookup.unknown) {
    table.add({{std::string{iccid.text()}, "unknown", "", "", "", "", ""}, Colour::red});
  }
  for (const CardFailure& failure : lookup.invalid) {
    table.add({{failure.iccid, "invalid", "", "", "", "", ""}, Colour::red});
  }
  table.finish("no ICCIDs");
}

std::pair<CardLookup, Context> look_up_in(Program& program, const IccidList& list) {
  if (program.remote()) {
    return {look_up_cards_through_api(program.target, list), api_context()};
  }
  const auto store = program.open_existing_store();
  return {look_up_cards(*store, list), program.context()};
}

int look_up(Program& program, const CardLookupOptions& options) {
  if (options.iccids.empty() == options.from.empty()) {
    throw UsageError{"card lookup needs ICCIDs, or --from FILE; not both"};
  }
  IccidList list;
  if (!options.from.empty()) list = read_list(options.from);
  for (const std::string& text : options.iccids) add_iccid(list, text);
  const auto [lookup, context] = look_up_in(program, list);
  print_result(
      program.json, [&](JsonText& json) { write_lookup(json, lookup, context); },
      [&] { print(lookup); });
  for (const CardFailure& failure : lookup.invalid) {
    complain(failure.iccid + ": " + failure.reason);
  }
  return lookup.complete() ? success : failure;
}

}  // namespace

Action card_lookup_verb(Arguments& arguments) {
  auto options = std::make_shared<CardLookupOptions>();
  arguments.option("ICCIDS", options->iccids, "Cards, in any spelling a report may use");
  arguments.option("--from", options->from, "A list: an ICCID a line; - is standard input");
  arguments.footer(R"(
RESULT: found; near, where the store has the card in its other spelling (19 digits, or 20 with
the check digit), a row for each that fits; unknown; invalid, what is no ICCID. Exit status 1
unless each ICCID names one card.
With --json, one object: found (cards, as in card list), near (each with iccid and cards),
unknown (ICCIDs), invalid (each with iccid and reason).)");
  return [options](Program& program) { return look_up(program, *options); };
}

}  // namespace iotcard
