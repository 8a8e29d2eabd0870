// SPDX-License-Identifier: Apache-2.0
// rejected list, rejected show, rejected remove.
#include <fmt/core.h>

#include <memory>
#include <stdexcept>

#include "confirmation.h"
#include "operations.h"
#include "operations/batch.h"
#include "operations/json.h"
#include "operations/rejected_operations.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::size_t listed_payload_bytes = 40;

struct RejectedListOptions {
  RejectedFilter filter;
  std::int64_t limit = 100;
};

TableRow rejected_row(const RejectedReport& rejected) {
  return {{std::to_string(rejected.id), printable(rejected.report.arrival), rejected.report.topic,
           std::string{rejection_reason_names[rejected.reason]}, std::to_string(rejected.offset),
           std::to_string(rejected.report.size),
           rejected.report.payload.substr(0, listed_payload_bytes)}};
}

int list_rejected(Program& program, const RejectedListOptions& options) {
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output,
                   {"ID", "AT", "TOPIC", "REASON", "OFFSET", "SIZE", "PAYLOAD"},
                   "no rejected reports",
                   options.limit};
  return rows.print(operations->rejected_reports(options.filter), write_rejected, rejected_row);
}

void print_rejected(const RejectedReport& rejected) {
  Facts facts;
  facts.add("id", std::to_string(rejected.id));
  facts.add("at", printable(rejected.report.arrival));
  facts.add("topic", rejected.report.topic);
  facts.add("reason", rejection_reason_names[rejected.reason], Colour::red);
  facts.add("offset", std::to_string(rejected.offset));
  facts.add("size", std::to_string(rejected.report.size));
  facts.add("payload", rejected.report.payload);
  facts.print();
}

int show_rejected(Program& program, std::int64_t id) {
  const RejectedReport rejected = open_operations(program, Use::read)->rejected(id);
  return print_result(
      program.json, [&](JsonText& json) { write_rejected(json, rejected); },
      [&] { print_rejected(rejected); });
}

constexpr const char* rejected_report = "rejected report";

struct RejectedRemoveOptions {
  RejectedSelection selection;
  std::string before;
  bool dry_run = false;
  std::optional<std::int64_t> yes;
};

int remove_reports(Program& program, RejectedRemoveOptions options) {
  RejectedSelection& selection = options.selection;
  if (!options.before.empty()) {
    selection.filter.before = time_from_operator("--before", options.before);
  }
  const bool filtered = selection.filter.before || selection.filter.reason;
  if (filtered == !selection.ids.empty()) {
    throw UsageError{
        "rejected remove: name reports by their ID in rejected list, or all that fit by --before "
        "and --reason"};
  }
  const auto operations = open_operations(program, options.dry_run ? Use::read : Use::change);
  if (filtered && !options.dry_run && !options.yes) {
    options.yes = operations->remove_rejected(selection, std::nullopt, true).matching;
    confirm_count({.matching = *options.yes, .noun = rejected_report, .action = "remove"});
  }
  const RejectedRemoval removal =
      operations->remove_rejected(selection, options.yes, options.dry_run);
  return (options.dry_run ? print_result : print_change)(
      program.json, [&](JsonText& json) { write_removal(json, removal); },
      [&] {
        say(options.dry_run ? fmt::format("dry run, nothing is done: {} would be removed",
                                          counted(removal.matching, rejected_report))
                            : fmt::format("{} removed", counted(removal.removed, rejected_report)));
      });
}

}  // namespace

Action rejected_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<RejectedRemoveOptions>();
  arguments.option("ID", options->selection.ids, "The numbers in rejected list");
  arguments.option("--before", options->before,
                   "All that came before this time, or longer ago than this age, such as 30d");
  arguments.choice("--reason", options->selection.filter.reason, rejection_reason_names,
                   "All that were rejected for this reason");
  arguments.flag("--dry-run", options->dry_run, "Says how many there are, and removes nothing");
  arguments.optional_number("--yes", options->yes, "Do not ask: so many reports match");
  arguments.footer(R"(
The named ones are removed all or none. With --before or --reason, --yes N says how many
match; without it the terminal is asked. If another number matches, nothing is done (exit
status 1). Times: 1h, 7d, 1w, 2026-11-23, 2026-11-23T20:51:00Z.
With --json, one object: matching, removed, dry_run.)");
  return [options](Program& program) { return remove_reports(program, *options); };
}

Action rejected_list_verb(Arguments& arguments) {
  auto options = std::make_shared<RejectedListOptions>();
  arguments.choice("--reason", options->filter.reason, rejection_reason_names,
                   "Only those rejected for this reason");
  arguments.limit(options->limit);
  arguments.footer(R"(
With --json: an array, each with id, at, topic, reason, offset, size, and payload, or
payload_base64 if that is not UTF-8.)");
  return [options](Program& program) { return list_rejected(program, *options); };
}

Action rejected_show_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  arguments.required("ID", *id, "The number in rejected list");
  arguments.footer(R"(
With --json: one object, as in rejected list.)");
  return [id](Program& program) { return show_rejected(program, *id); };
}

}  // namespace iotcard
