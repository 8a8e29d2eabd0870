// SPDX-License-Identifier: Apache-2.0
#include "mismatch_selection.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <span>
#include <stdexcept>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "confirmation.h"
#include "operations.h"
#include "operations/json.h"
#include "output.h"

namespace iotcard {
namespace {

constexpr std::size_t previewed = 20;  // mismatches of a dry run

// Text of an option that an operation reads.
template <typename Read>
auto read_option(const char* option, const std::string& text, const Read& read) {
  try {
    return read(text);
  } catch (const OperationError& error) {
    throw UsageError{fmt::format("{}: {}", option, error.what())};
  }
}

SelectedMismatches select(Operations& operations, const ManyMismatches& many,
                          MismatchBatch::Action action) {
  SelectedMismatches selected;
  if (many.ids.empty()) {
    const MismatchFilter filter = for_action(filter_of(many.filters), action);
    return read_option("the filters", "", [&](const std::string&) {
      return selected_by(operations.mismatches(filter));
    });
  }
  for (const std::string& id : many.ids) {
    id == "-" ? add_ids(selected, std::cin) : add_id(selected, id);
  }
  return selected;
}

void check(const ManyMismatches& many, MismatchBatch::Action action) {
  const bool filtered = many.filters.given();
  if (!many.ids.empty() && filtered) {
    throw UsageError{"ids and filters: give one of them, not both"};
  }
  if (many.ids.empty() && !filtered) {
    throw UsageError{
        fmt::format("mismatch {} needs an ID, - for ids on standard input, or a filter",
                    mismatch_batch_names[action])};
  }
}

// Whoever names each id has said how many.
void confirm(const ManyMismatches& many, const SelectedMismatches& selected,
             MismatchBatch::Action action) {
  const bool from_input = contains(many.ids, "-");
  if (!many.ids.empty() && !from_input && !many.yes) return;
  confirm_count({.yes = many.yes,
                 .matching = std::ssize(selected.ids),
                 .noun = "mismatch",
                 .action = mismatch_batch_names[action],
                 .may_ask = !from_input});
}

std::string_view done_word(MismatchBatch::Action action) {
  switch (action) {
    case MismatchBatch::Action::accept:
      return "accepted";
    case MismatchBatch::Action::dismiss:
      return "dismissed";
    case MismatchBatch::Action::reopen:
      return "opened again";
  }
  return "";  // not reached
}

void print(const MismatchBatchResult& result, MismatchBatch::Action action, bool dry_run) {
  const std::int64_t named = result.done + std::ssize(result.failed);
  if (named == 0) return say("no mismatch matches");
  const std::string of = result.failed.empty() ? "" : fmt::format("{} of ", result.done);
  const char* would_be = dry_run ? "would be " : "";
  std::string line = fmt::format("{}{}{} {}{}", dry_run ? "dry run, nothing is done: " : "", of,
                                 counted(named, "mismatch"), would_be, done_word(action));
  if (action == MismatchBatch::Action::accept) {
    line += fmt::format("; {} {}made, {} {}ended, {} {}added", counted(result.bound, "binding"),
                        would_be, result.ended, would_be, counted(result.cards_added, "card"),
                        would_be);
  }
  say(line);
  if (!dry_run) return;
  for (const Acceptance& one :
       std::span{result.accepted}.first(std::min(previewed, result.accepted.size()))) {
    std::string ends;
    for (const Binding& binding : one.released) {
      ends += fmt::format("; ends that of {} to {}", binding.device.text(), binding.iccid.text());
    }
    say(fmt::format("mismatch {}: binds {} to {}{}", one.mismatch.id, one.binding.device.text(),
                    one.binding.iccid.text(), ends));
  }
  if (result.accepted.size() > previewed) {
    say(fmt::format("and {} more; --json names them",
                    result.done - static_cast<std::int64_t>(previewed)));
  }
}

}  // namespace

bool MismatchFilterOptions::given() const {
  for (const std::string* option :
       {&kinds, &states, &product, &device, &platform, &iccid, &text, &since, &until}) {
    if (!option->empty()) return true;
  }
  return suspect.has_value();
}

void declare_filters(Arguments& arguments, MismatchFilterOptions& options) {
  arguments.option("--kind", options.kinds, "Only these kinds")->type_name("KINDS");
  arguments.option("--state", options.states, "Only those in these states")->type_name("STATES");
  arguments.choice("--suspect", options.suspect, suspect_names,
                   "Only cards that are suspected of this");
  arguments.option("--product", options.product, "Only devices of this product");
  arguments.option("--device", options.device, "Only those of PRODUCT/NUMBER");
  arguments.option("--platform", options.platform, "Only reports that name this platform")
      ->type_name("NUMBER");
  arguments.option("--iccid", options.iccid, "Only reported ICCIDs that begin so");
  arguments.option("--text", options.text,
                   "Only ICCIDs or device numbers that begin so, three characters at least");
  arguments.option("--since", options.since, "Only those first seen since then")->type_name("TIME");
  arguments.option("--until", options.until, "Only those first seen before")->type_name("TIME");
}

MismatchFilter filter_of(const MismatchFilterOptions& options) {
  MismatchFilter filter;
  if (!options.kinds.empty()) {
    filter.kinds = read_option("--kind", options.kinds, mismatch_kinds_from);
  }
  if (!options.states.empty()) {
    filter.states = read_option("--state", options.states, mismatch_states_from);
    filter.standing_only = false;
  }
  filter.product = options.product;
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  if (!options.platform.empty()) {
    filter.platform = parse_integer(options.platform);
    if (filter.platform.value_or(0) < 1) {
      throw UsageError{
          fmt::format("--platform: \"{}\" does not fit: expected a platform's number, "
                      "above 0",
                      printable(options.platform))};
    }
  }
  filter.iccid_prefix = to_upper(options.iccid);
  filter.text = options.text;
  filter.suspect = options.suspect;
  if (!options.since.empty()) filter.since = time_from_operator("--since", options.since);
  if (!options.until.empty()) filter.until = time_from_operator("--until", options.until);
  return filter;
}

std::optional<std::int64_t> ManyMismatches::only_id() const {
  if (ids.size() != 1 || ids[0] == "-" || dry_run || yes || filters.given()) return std::nullopt;
  const auto id = parse_integer(ids[0]);
  if (id && *id >= 1) return id;
  throw UsageError{
      fmt::format("\"{}\" is no id: expected a whole number from 1 on", printable(ids[0]))};
}

void declare_many(Arguments& arguments, ManyMismatches& many) {
  arguments.option("ID", many.ids, "The number in mismatch list; - for ids on standard input");
  declare_filters(arguments, many.filters);
  arguments.flag("--dry-run", many.dry_run, "Says what would be done, and changes nothing");
  arguments.optional_value("--yes", many.yes,
                           "Do not ask: --yes N, the number of mismatches that match");
}

int settle_many(Program& program, const ManyMismatches& many, MismatchBatch::Action action) {
  check(many, action);
  watch_for_interrupts();
  const auto operations = open_operations(program, many.dry_run ? Use::read : Use::change);
  SelectedMismatches selected = select(*operations, many, action);
  if (!many.dry_run) confirm(many, selected, action);
  ProgressBar bar{std::string{mismatch_batch_names[action]}};
  const auto progress = [&](std::int64_t rows, std::int64_t of) {
    if (interrupted() && rows < of) {
      throw std::runtime_error{
          fmt::format("interrupted after {} of {} mismatches; those are done", rows, of)};
    }
    bar.show(rows, of);
  };
  const MismatchBatchResult result =
      operations->settle({action, many.reason}, std::move(selected), many.dry_run, progress);
  bar.clear();
  (many.dry_run ? print_result : print_change)(
      program.json, [&](JsonText& json) { write_batch(json, result, many.dry_run); },
      [&] { print(result, action, many.dry_run); });
  for (const MismatchFailure& failure : result.failed) {
    complain(fmt::format("{}: {}", failure.id, failure.reason));
  }
  return result.failed.empty() ? success : failure;
}

}  // namespace iotcard
