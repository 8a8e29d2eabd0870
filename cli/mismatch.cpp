// SPDX-License-Identifier: Apache-2.0
// mismatch list, mismatch accept, mismatch dismiss.
#include <fmt/core.h>

#include <memory>

#include "operations.h"
#include "operations/json.h"
#include "operations/mismatch_operations.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct MismatchListOptions {
  MismatchFilter filter;
  std::string device;
  bool all = false;
  std::int64_t limit = 100;
};

// With and without the category.
Choices mismatch_kinds() {
  Choices kinds;
  for (const Outcome outcome : mismatch_outcomes) kinds.emplace_back(short_name(outcome));
  for (const Outcome outcome : mismatch_outcomes) kinds.emplace_back(outcome_name(outcome));
  return kinds;
}

// The operator or the report that ended or dismissed it last, and when.
std::string settled(const Mismatch& mismatch) {
  if (mismatch.ended) return fmt::format("{} by {}", printable(mismatch.ended), mismatch.ended_by);
  if (mismatch.dismissed) {
    return fmt::format("{} by {}", printable(mismatch.dismissed), mismatch.dismissed_by);
  }
  return "";
}

// What contradicts the report: the device that holds the card, or the card that the device has.
std::string against(const MismatchDetails& details) {
  if (details.holder) return "held by " + details.holder->text();
  return details.bound ? "bound to " + std::string{details.bound->text()} : "";
}

TableRow mismatch_row(const MismatchDetails& details) {
  const Mismatch& mismatch = details.mismatch;
  return {{std::to_string(mismatch.id), std::string{mismatch_state_names[mismatch.state]},
           std::string{outcome_name(mismatch.outcome)}, mismatch.device.text(), mismatch.reported,
           against(details), printable(mismatch.platform), std::to_string(mismatch.count),
           printable(mismatch.first_seen), printable(mismatch.last_seen), settled(mismatch)},
          mismatch.state == MismatchState::open ? Colour::red : Colour::grey};
}

int list_mismatches(Program& program, MismatchListOptions options) {
  MismatchFilter& filter = options.filter;
  filter.standing_only = !options.all && !filter.state;
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output,
                   {"ID",
                    "STATE",
                    {"KIND", "outcome"},
                    {"DEVICE", "product"},
                    "REPORTED",
                    "AGAINST",
                    "PLATFORM",
                    "COUNT",
                    "FIRST SEEN",
                    "LAST SEEN",
                    {"SETTLED", "ended ended_by"}},
                   "no mismatches",
                   options.limit};
  return rows.print(operations->mismatches(filter), write_mismatch, mismatch_row);
}

int accept_reported(Program& program, std::int64_t id, const std::string& card) {
  std::optional<Iccid> wanted;
  if (!card.empty()) wanted = iccid_from_operator(card);
  const Acceptance accepted = open_operations(program, Use::change)->accept(id, wanted);
  return print_change(
      program.json, [&](JsonText& json) { write_acceptance(json, accepted); },
      [&] {
        const std::string_view iccid = accepted.binding.iccid.text();
        if (accepted.card_added) say(fmt::format("card {} added", iccid));
        for (const Binding& released : accepted.released) say_released(released);
        say(fmt::format("mismatch {} accepted: card {} is now bound to device {}", id, iccid,
                        accepted.binding.device.text()));
      });
}

int dismiss(Program& program, std::int64_t id) {
  const MismatchDetails dismissed = open_operations(program, Use::change)->dismiss(id);
  return print_change(
      program.json, [&](JsonText& json) { write_mismatch(json, dismissed); },
      [&] { say(fmt::format("mismatch {} dismissed until its cause is gone", id)); });
}

}  // namespace

Action mismatch_list_verb(Arguments& arguments) {
  auto options = std::make_shared<MismatchListOptions>();
  arguments.choice(
      "--kind", mismatch_kinds(),
      [options](const std::string& kind) { options->filter.outcome = mismatch_named(kind); },
      "Only this kind");
  arguments.option("--device", options->device, "Only those of PRODUCT/NUMBER");
  arguments.choice("--state", options->filter.state, mismatch_state_names,
                   "Only those in this state");
  arguments.flag("--all", options->all, "Also those that have ended");
  arguments.excludes("--all", "--state");
  arguments.limit(options->limit);
  arguments.footer(R"(
Without --state and --all: the open and the dismissed ones, in the order of their ID;
--state open leaves the dismissed ones out.
States: open; dismissed (an operator has hidden it until its cause is gone); accepted (by
an operator, and the binding followed); followed (the same by the policy); cleared (its
cause is gone).
With --json: an array of mismatches, each with id, product, device, outcome, reported,
platform, state, count, first_seen, last_seen, dismissed, dismissed_by, ended, ended_by.)");
  return [options](Program& program) { return list_mismatches(program, *options); };
}

Action mismatch_accept_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  auto card = std::make_shared<std::string>();
  arguments.required("ID", *id, "The number in mismatch list");
  arguments.option("--card", *card, "The right card, where several fit (iccid_ambiguous)");
  arguments.footer(R"(
An unknown card is added to the store, a card on another platform moves to the
reported one; bindings that stand in the way end.
With --json, one object: mismatch (its id), card_added, binding, and released: the bindings
that ended.)");
  return [id, card](Program& program) { return accept_reported(program, *id, *card); };
}

Action mismatch_dismiss_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  arguments.required("ID", *id, "The number in mismatch list");
  arguments.footer(R"(
With --json: the mismatch, as in mismatch list.)");
  return [id](Program& program) { return dismiss(program, *id); };
}

}  // namespace iotcard
