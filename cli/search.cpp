// SPDX-License-Identifier: Apache-2.0
// search.
#include "operations/search.h"

#include <memory>
#include <utility>

#include "api_operations.h"
#include "api_requests.h"
#include "operations.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

void print(const SearchResult& found) {
  Table table{{"WHAT", "ICCID", "DEVICE", "STATUS", "OPERATOR", "NOTE"}};
  for (const StoredCard& stored : found.cards) {
    const Card& card = stored.card;
    table.add({{"card", std::string{card.iccid.text()},
                stored.binding ? stored.binding->device.text() : "",
                std::string{card_status_names[card.status]}, card.operator_name, card.note}});
  }
  for (const ListedDevice& device : found.devices) {
    const DeviceRow& row = device.row;
    table.add({{"device", row.binding ? std::string{row.binding->iccid.text()} : "",
                row.device.text(), row.outcome, "", ""}});
  }
  table.finish("nothing found");
  if (found.more_cards) complain("there are more cards: card list --text lists all");
  if (found.more_devices) complain("there are more devices: device list --text lists all");
}

std::pair<SearchResult, Context> search_in(Program& program, const std::string& text) {
  if (program.remote()) return {search_through_api(program.target, text), api_context()};
  const auto store = program.open_existing_store();
  return {search(*store, text), program.context()};
}

int find(Program& program, const std::string& text) {
  const auto [found, context] = search_in(program, text);
  print_result(
      program.json, [&](JsonText& json) { write_search(json, found, context); },
      [&] { print(found); });
  return found.cards.empty() && found.devices.empty() ? failure : success;
}

}  // namespace

Action search_verb(Arguments& arguments) {
  auto text = std::make_shared<std::string>();
  arguments.required("TEXT", *text, "2 to 64 characters");
  arguments.footer(R"(
TEXT is a part of an ICCID, also in fours with blanks, IMSI, MSISDN, IMEI, operator, plan or
note of a card, the beginning of a device's number, PRODUCT/NUMBER, or what device list --text
finds. Two characters are the beginning of an ICCID or of a number. At most 5 of each are
shown. Exit status 1 if there is none.
With --json, one object: cards (as in card list), devices (as in device list), more_cards and
more_devices.)");
  return [text](Program& program) { return find(program, *text); };
}

}  // namespace iotcard
