// SPDX-License-Identifier: Apache-2.0
// mismatch list, mismatch accept, mismatch dismiss.
#include <fmt/core.h>

#include <memory>

#include "device_argument.h"
#include "operations/json.h"
#include "operations/mismatch_operations.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct MismatchListOptions {
  std::string kind;
  std::string state;
  std::string device;
  bool all = false;
  std::int64_t limit = 100;
};

// "card_in_use" of "mismatch.card_in_use".
std::string_view short_kind(Outcome outcome) {
  const std::string_view name = outcome_name(outcome);
  return name.substr(name.find('.') + 1);
}

// With and without the category.
Choices mismatch_kinds() {
  Choices kinds;
  for (const Outcome outcome : mismatch_outcomes) kinds.emplace_back(short_kind(outcome));
  for (const Outcome outcome : mismatch_outcomes) kinds.emplace_back(outcome_name(outcome));
  return kinds;
}

std::optional<Outcome> outcome_of_kind(std::string_view kind) {
  for (const Outcome outcome : mismatch_outcomes) {
    if (kind == outcome_name(outcome) || kind == short_kind(outcome)) return outcome;
  }
  return std::nullopt;
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

int list_mismatches(Program& program, const MismatchListOptions& options) {
  MismatchFilter filter{.standing_only = !options.all && options.state.empty(),
                        .outcome = outcome_of_kind(options.kind),
                        .device = {},
                        .state = {}};
  if (!options.state.empty()) filter.state = mismatch_state_names.find(options.state);
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  const auto store = program.open_existing_store();
  ListPrinter rows{program.json,
                   options.limit,
                   {"ID", "STATE", "KIND", "DEVICE", "REPORTED", "AGAINST", "PLATFORM", "COUNT",
                    "FIRST SEEN", "LAST SEEN", "SETTLED"},
                   "no mismatches"};
  each_mismatch(*store, filter, rows.rows_to_read(), [&](const MismatchDetails& details) {
    rows.add([&](JsonText& json) { write_mismatch(json, details); },
             [&] { return mismatch_row(details); });
  });
  return rows.finish();
}

int accept_reported(Program& program, std::int64_t id, const std::string& card) {
  std::optional<Iccid> wanted;
  if (!card.empty()) wanted = iccid_from_operator(card);
  const auto store = program.open_store_to_change();
  const Context context = program.context();
  const Acceptance accepted = accept_mismatch(*store, context, id, wanted);
  if (program.json) {
    print_json([&](JsonText& json) { write_acceptance(json, accepted, context); });
    return success;
  }
  const std::string iccid{accepted.binding.iccid.text()};
  if (accepted.card_added) say(fmt::format("card {} added", iccid));
  for (const Binding& released : accepted.released) say_released(released);
  say(fmt::format("mismatch {} accepted: card {} is now bound to device {}", id, iccid,
                  accepted.binding.device.text()));
  return success;
}

int dismiss(Program& program, std::int64_t id) {
  const auto store = program.open_store_to_change();
  dismiss_mismatch(*store, program.context(), id);
  if (program.json) {
    print_json([&](JsonText& json) {
      write_mismatch(json, describe_mismatch(*store, store->find_mismatch(id).value()));
    });
  } else {
    say(fmt::format("mismatch {} dismissed until its cause is gone", id));
  }
  return success;
}

}  // namespace

Action mismatch_list_verb(Arguments& arguments) {
  auto options = std::make_shared<MismatchListOptions>();
  arguments.choice("--kind", options->kind, mismatch_kinds(), "Only this kind");
  arguments.option("--device", options->device, "Only those of PRODUCT/NUMBER");
  arguments.choice("--state", options->state, choices_of(mismatch_state_names),
                   "Only those in this state");
  arguments.flag("--all", options->all, "Also those that have ended");
  arguments.excludes("--all", "--state");
  arguments.limit(options->limit);
  arguments.footer(
      "Without --state and --all: the open and the dismissed ones, in the order of their ID;\n"
      "--state open leaves the dismissed ones out.\n"
      "States: open; dismissed (an operator has hidden it until its cause is gone); accepted (by\n"
      "an operator, and the binding followed); followed (the same by the policy); cleared (its\n"
      "cause is gone).\n"
      "With --json: an array of mismatches, each with id, product, device, outcome, reported,\n"
      "platform, state, count, first_seen, last_seen, dismissed, dismissed_by, ended, ended_by.");
  return [options](Program& program) { return list_mismatches(program, *options); };
}

Action mismatch_accept_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  auto card = std::make_shared<std::string>();
  arguments.required("ID", *id, "The number in mismatch list");
  arguments.option("--card", *card, "The right card, where several fit (iccid_ambiguous)");
  arguments.footer(
      "An unknown card is added to the store, a card on another platform moves to the\n"
      "reported one; bindings that stand in the way end.\n"
      "With --json, one object: mismatch (its id), card_added, binding, and released: the "
      "bindings\n"
      "that ended.");
  return [id, card](Program& program) { return accept_reported(program, *id, *card); };
}

Action mismatch_dismiss_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  arguments.required("ID", *id, "The number in mismatch list");
  arguments.footer("With --json: the mismatch, as in mismatch list.");
  return [id](Program& program) { return dismiss(program, *id); };
}

}  // namespace iotcard
