// SPDX-License-Identifier: Apache-2.0
// rejected list, rejected show.
#include <CLI/CLI.hpp>

#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::size_t listed_bytes = 40;  // of a payload

struct RejectedListOptions {
  std::string reason;
  std::int64_t limit = 100;
};

int list_rejected(Program& program, const RejectedListOptions& options) {
  RejectedFilter filter;
  if (!options.reason.empty()) filter.reason = rejection_reason_names.find(options.reason);
  const auto store = program.open_existing_store();
  ShownRows rows{options.limit};
  if (program.json) {
    JsonArray array;
    each_rejected(*store, filter, rows.to_read(), rows.only([&](const RejectedReport& rejected) {
      JsonText json;
      write_rejected(json, rejected);
      array.add(json.view());
    }));
    array.finish();
    rows.finish();
    return success;
  }
  Table table{{"ID", "AT", "TOPIC", "REASON", "OFFSET", "SIZE", "PAYLOAD"}};
  each_rejected(*store, filter, rows.to_read(), rows.only([&](const RejectedReport& rejected) {
    table.add({std::to_string(rejected.id), shown(rejected.at), rejected.topic,
               std::string{rejection_reason_names[rejected.reason]},
               std::to_string(rejected.offset), std::to_string(rejected.size),
               rejected.payload.substr(0, listed_bytes)});
  }));
  table.finish("no rejected reports");
  rows.finish();
  return success;
}

int show_rejected(Program& program, std::int64_t id) {
  const auto store = program.open_existing_store();
  const RejectedReport rejected = require_rejected(*store, id);
  if (program.json) {
    JsonText json;
    write_rejected(json, rejected);
    std::printf("%s\n", json.take().c_str());
    return success;
  }
  Facts facts;
  facts.add("id", std::to_string(rejected.id));
  facts.add("at", shown(rejected.at));
  facts.add("topic", rejected.topic);
  facts.add("reason", rejection_reason_names[rejected.reason], Colour::red);
  facts.add("offset", std::to_string(rejected.offset));
  facts.add("size", std::to_string(rejected.size));
  facts.add("payload", rejected.payload);
  facts.print();
  return success;
}

}  // namespace

void add_rejected_list(CLI::App& rejected, Program& program) {
  CLI::App* verb = rejected.add_subcommand("list",
                                           "Lists reports that could not be read, newest "
                                           "first");
  auto options = std::make_shared<RejectedListOptions>();
  verb->add_option("--reason", options->reason, "Only those rejected for this")
      ->check(CLI::IsMember(std::vector<std::string>{rejection_reason_names.names.begin(),
                                                     rejection_reason_names.names.end()}));
  verb->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb->footer(
      "With --json: an array, each with id, at, topic, reason, offset, size, and payload, or\n"
      "payload_base64 if that is not UTF-8.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return list_rejected(program, *options); };
  });
}

void add_rejected_show(CLI::App& rejected, Program& program) {
  CLI::App* verb = rejected.add_subcommand("show", "Shows a rejected report with its payload");
  auto id = std::make_shared<std::int64_t>();
  verb->add_option("ID", *id, "The number in rejected list")->required();
  verb->footer("With --json: one object, as in rejected list.");
  verb->callback(
      [&program, id] { program.verb = [&program, id] { return show_rejected(program, *id); }; });
}

}  // namespace iotcard
