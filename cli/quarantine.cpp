// SPDX-License-Identifier: Apache-2.0
// quarantine list, quarantine remove; replay --quarantined is the third thing to do about them.
#include "operations/quarantine.h"

#include <fmt/core.h>

#include <memory>

#include "operations.h"
#include "output.h"
#include "quarantine_rows.h"
#include "verbs.h"

namespace iotcard {
namespace {

int list_quarantined(Program& program, std::int64_t limit) {
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output, quarantine_columns(), "no quarantined events", limit};
  return rows.print(operations->quarantined(), write_quarantined, quarantine_row);
}

struct QuarantineRemoveOptions {
  std::vector<std::int64_t> ids;
  bool all = false;
};

int remove_events(Program& program, const QuarantineRemoveOptions& options) {
  if (options.all == !options.ids.empty()) {
    throw UsageError{"name the events by their ID in quarantine list, or say --all"};
  }
  const auto store = program.open_store_to_change();
  std::int64_t removed = std::ssize(options.ids);
  if (options.all) {
    removed = remove_all_quarantined(*store);
  } else {
    remove_quarantined(*store, options.ids);
  }
  return print_change(
      program.json,
      [&](JsonText& json) { json.begin_object().member("removed", removed).end_object(); },
      [&] { say(fmt::format("{} quarantined events removed", removed)); });
}

}  // namespace

std::vector<Column> quarantine_columns() {
  return {"ID", "AT", "TOPIC", "REASON"};
}

TableRow quarantine_row(const QuarantinedEvent& event) {
  return {{std::to_string(event.id), printable(event.at), event.topic, event.reason}};
}

Action quarantine_list_verb(Arguments& arguments) {
  auto limit = std::make_shared<std::int64_t>(100);
  arguments.limit(*limit);
  arguments.footer(R"(
The daemon moves an event here that its broker will not take: one that is too large for it
however short, whose topic it refuses, or that ends the connection again and again. All
others go on. An event that the receiver of a webhook refuses five times (HTTP 4xx) is copied
here too; its reason names the webhook. Once the cause is gone, replay --quarantined publishes
them after all.
At most 10000 are kept; the oldest are deleted first.
With --json: an array, each with id, at, topic (without the prefix), reason, event.)");
  return [limit](Program& program) { return list_quarantined(program, *limit); };
}

Action quarantine_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<QuarantineRemoveOptions>();
  arguments.option("ID", options->ids, "The numbers in quarantine list");
  arguments.flag("--all", options->all, "All of them");
  arguments.footer(R"(
With --json, one object: removed, how many.)");
  return [options](Program& program) { return remove_events(program, *options); };
}

}  // namespace iotcard
