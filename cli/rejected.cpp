// SPDX-License-Identifier: Apache-2.0
// rejected list, rejected show.
#include <memory>

#include "operations/json.h"
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
  const auto store = program.open_existing_store();
  ListPrinter rows{program.json,
                   {"ID", "AT", "TOPIC", "REASON", "OFFSET", "SIZE", "PAYLOAD"},
                   "no rejected reports",
                   options.limit};
  return rows.print(rejected_rows(*store, options.filter), write_rejected, rejected_row);
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
  const auto store = program.open_existing_store();
  const RejectedReport rejected = require_rejected(*store, id);
  return print_result(
      program.json, [&](JsonText& json) { write_rejected(json, rejected); },
      [&] { print_rejected(rejected); });
}

}  // namespace

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
