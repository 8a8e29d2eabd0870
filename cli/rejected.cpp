// SPDX-License-Identifier: Apache-2.0
// rejected list, rejected show, rejected remove.
#include <fmt/core.h>

#include <cstdio>
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
  std::vector<std::string> reasons;
  std::string device;
  std::string since;
  std::string until;
  std::int64_t limit = 100;
};

// The words are known: Arguments::words() has checked them.
EnumSet<RejectionReason> reasons_of(const std::vector<std::string>& words) {
  EnumSet<RejectionReason> reasons;
  for (const std::string& word : words) reasons.add(rejection_reason_names.find(word).value());
  return reasons;
}

RejectedQuery query_of(const RejectedListOptions& options) {
  RejectedQuery query{.filter = options.filter};
  query.filter.reasons = reasons_of(options.reasons);
  if (!options.device.empty()) query.device = device_from_operator(options.device);
  if (!options.since.empty()) query.filter.since = time_from_operator("--since", options.since);
  if (!options.until.empty()) query.filter.before = time_from_operator("--until", options.until);
  return query;
}

TableRow rejected_row(const RejectedReport& rejected) {
  return {{std::to_string(rejected.id), printable(rejected.report.arrival), rejected.report.topic,
           std::string{rejection_reason_names[rejected.reason]}, std::to_string(rejected.offset),
           std::to_string(rejected.report.size),
           rejected.report.payload.substr(0, listed_payload_bytes)}};
}

int list_rejected(Program& program, const RejectedListOptions& options) {
  const RejectedQuery query = query_of(options);
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output,
                   {"ID", "AT", "TOPIC", "REASON", "OFFSET", "SIZE", "PAYLOAD"},
                   "no rejected reports",
                   options.limit};
  return rows.print(operations->rejected_reports(query), write_rejected, rejected_row);
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

struct RejectedShowOptions {
  std::int64_t id = 0;
  bool payload = false;
};

int show_rejected(Program& program, const RejectedShowOptions& options) {
  if (options.payload && program.json) throw UsageError{"--payload and --json: give one of them"};
  const RejectedReport rejected = open_operations(program, Use::read)->rejected(options.id);
  if (options.payload) {
    const std::string& octets = rejected.report.payload;
    if (std::fwrite(octets.data(), 1, octets.size(), stdout) == octets.size()) return success;
    throw std::runtime_error{"cannot write the payload to standard output"};
  }
  return print_result(
      program.json, [&](JsonText& json) { write_rejected(json, rejected); },
      [&] { print_rejected(rejected); });
}

constexpr const char* rejected_report = "rejected report";

struct RejectedRemoveOptions {
  RejectedSelection selection;
  std::vector<std::string> reasons;
  std::string before;
  bool dry_run = false;
  std::optional<std::int64_t> yes;
};

int remove_reports(Program& program, RejectedRemoveOptions options) {
  RejectedSelection& selection = options.selection;
  selection.filter.reasons = reasons_of(options.reasons);
  if (!options.before.empty()) {
    selection.filter.before = time_from_operator("--before", options.before);
  }
  const bool filtered = selection.filter.before || !selection.filter.reasons.empty();
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
  arguments.words("--reason", choices_of(rejection_reason_names), options->reasons,
                  "All that were rejected for one of these reasons");
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
  arguments.words("--reason", choices_of(rejection_reason_names), options->reasons,
                  "Only those rejected for one of these reasons");
  arguments.option("--device", options->device,
                   "Only those on the topics of this device, PRODUCT/NUMBER");
  arguments.option("--topic", options->filter.topic_part, "Only those with this in their topic");
  arguments.option("--since", options->since, "Only those that came at this time or later");
  arguments.option("--until", options->until, "Only those that came before this time");
  arguments.limit(options->limit);
  arguments.footer(std::string{time_help} + R"(
With --json: an array, each with id, at, topic, reason, offset, size, and payload, or
payload_base64 if that is not UTF-8.)");
  return [options](Program& program) { return list_rejected(program, *options); };
}

Action rejected_show_verb(Arguments& arguments) {
  auto options = std::make_shared<RejectedShowOptions>();
  arguments.required("ID", options->id, "The number in rejected list");
  arguments.flag("--payload", options->payload,
                 "Writes the payload alone to standard output, as it came");
  arguments.footer(R"(
A payload in a file can be tried with iotcardctl explain.
With --json: one object, as in rejected list.)");
  return [options](Program& program) { return show_rejected(program, *options); };
}

}  // namespace iotcard
