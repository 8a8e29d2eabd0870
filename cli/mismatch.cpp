// SPDX-License-Identifier: Apache-2.0
// mismatch list, mismatch accept, mismatch dismiss.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "device_argument.h"
#include "operations/json.h"
#include "operations/mismatch_operations.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::string_view category = "mismatch.";

struct MismatchListOptions {
  std::string kind;
  std::string state;
  std::string device;
  bool all = false;
  std::int64_t limit = 100;
};

std::vector<std::string> mismatch_kinds() {
  std::vector<std::string> kinds;
  for (const std::string_view name : event_names.names) {
    if (name.starts_with(category) && name != event_names[EventKind::mismatch_cleared]) {
      kinds.emplace_back(name.substr(category.size()));
    }
  }
  return kinds;
}

std::optional<Outcome> outcome_of_kind(const std::string& kind) {
  for (const Outcome outcome :
       {Outcome::iccid_invalid, Outcome::iccid_ambiguous, Outcome::card_unknown,
        Outcome::wrong_platform, Outcome::device_has_other_card, Outcome::card_in_use}) {
    if (outcome_name(outcome) == std::string{category} + kind) return outcome;
  }
  return std::nullopt;
}

// Who settled it and when: the last who did.
std::string settled(const Mismatch& mismatch) {
  if (mismatch.ended) return fmt::format("{} by {}", shown(mismatch.ended), mismatch.ended_by);
  if (mismatch.dismissed) {
    return fmt::format("{} by {}", shown(mismatch.dismissed), mismatch.dismissed_by);
  }
  return "";
}

// What stands against the report: who has the card, or which card the device has.
std::string against(const MismatchDetails& details) {
  if (details.holder) return "held by " + details.holder->text();
  return details.bound ? "bound to " + std::string{details.bound->text()} : "";
}

int list_mismatches(Program& program, const MismatchListOptions& options) {
  MismatchFilter filter{.standing_only = !options.all && options.state.empty(),
                        .outcome = outcome_of_kind(options.kind),
                        .device = {},
                        .state = {}};
  if (!options.state.empty()) filter.state = mismatch_state_names.find(options.state);
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  const auto store = program.open_existing_store();
  ShownRows rows{options.limit};
  if (program.json) {
    JsonArray array;
    each_mismatch(*store, filter, rows.to_read(), rows.only([&](const MismatchDetails& details) {
      JsonText json;
      write_mismatch(json, details);
      array.add(json.view());
    }));
    array.finish();
    rows.finish();
    return success;
  }
  Table table{{"ID", "STATE", "KIND", "DEVICE", "REPORTED", "AGAINST", "PLATFORM", "COUNT",
               "FIRST SEEN", "LAST SEEN", "SETTLED"}};
  each_mismatch(*store, filter, rows.to_read(), rows.only([&](const MismatchDetails& details) {
    const Mismatch& mismatch = details.mismatch;
    table.add(
        {std::to_string(mismatch.id), std::string{mismatch_state_names[mismatch.state]},
         std::string{outcome_name(mismatch.outcome)}, mismatch.device.text(), mismatch.reported,
         against(details), shown(mismatch.platform), std::to_string(mismatch.count),
         shown(mismatch.first_seen), shown(mismatch.last_seen), settled(mismatch)},
        mismatch.state == MismatchState::open ? Colour::red : Colour::grey);
  }));
  table.finish("no mismatches");
  rows.finish();
  return success;
}

int accept(Program& program, std::int64_t id, const std::string& card) {
  std::optional<Iccid> wanted;
  if (!card.empty()) wanted = iccid_from_operator(card);
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const Acceptance accepted = accept_mismatch(*store, context, id, wanted);
  if (program.json) {
    JsonText json;
    write_acceptance(json, accepted, context);
    std::printf("%s\n", json.take().c_str());
    return success;
  }
  const std::string iccid{accepted.binding.iccid.text()};
  if (accepted.card_added) say(fmt::format("card {} added", iccid));
  for (const Binding& released : accepted.released) {
    say(fmt::format("released: card {} from device {}", released.iccid.text(),
                    released.device.text()));
  }
  say(fmt::format("mismatch {} accepted: card {} is now bound to device {}", id, iccid,
                  accepted.binding.device.text()));
  return success;
}

int dismiss(Program& program, std::int64_t id) {
  const auto store = program.open_existing_store();
  dismiss_mismatch(*store, program.context(), id);
  if (program.json) {
    JsonText json;
    write_mismatch(json, describe_mismatch(*store, store->find_mismatch(id).value()));
    std::printf("%s\n", json.take().c_str());
  } else {
    std::printf("mismatch %lld dismissed until its cause is gone\n", static_cast<long long>(id));
  }
  return success;
}

}  // namespace

void add_mismatch_list(CLI::App& mismatch, Program& program) {
  CLI::App* verb = mismatch.add_subcommand("list", "Lists mismatches, the oldest first");
  auto options = std::make_shared<MismatchListOptions>();
  verb->add_option("--kind", options->kind, "Only this kind")
      ->transform([](const std::string& kind) {  // as the lists show it
        return kind.starts_with(category) ? kind.substr(category.size()) : kind;
      })
      ->check(CLI::IsMember(mismatch_kinds()));
  verb->add_option("--device", options->device, "Only those of PRODUCT/NUMBER");
  auto* state = verb->add_option("--state", options->state, "Only those in this state, over or not")
                    ->check(CLI::IsMember(std::vector<std::string>{
                        mismatch_state_names.names.begin(), mismatch_state_names.names.end()}));
  verb->add_flag("--all", options->all, "Also those that are over")->excludes(state);
  verb->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb->footer(
      "Without --state and --all: those that stand, which are the open ones and the dismissed\n"
      "ones, in the order of their ID; --state open leaves the dismissed ones out.\n"
      "States: open; dismissed (an operator said that nobody need look; it stands); accepted (an\n"
      "operator, and the binding followed); followed (likewise, by the policy); cleared (its "
      "cause\n"
      "is gone).\n"
      "With --json: an array of mismatches, each with id, product, device, outcome, reported,\n"
      "platform, state, count, first_seen, last_seen, dismissed, dismissed_by, ended, ended_by.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return list_mismatches(program, *options); };
  });
}

void add_mismatch_accept(CLI::App& mismatch, Program& program) {
  CLI::App* verb =
      mismatch.add_subcommand("accept", "The device is right: binds it to the card it reported");
  auto id = std::make_shared<std::int64_t>();
  auto card = std::make_shared<std::string>();
  verb->add_option("ID", *id, "The number in mismatch list")->required();
  verb->add_option("--card", *card, "Which card it is, where several fit (iccid_ambiguous)");
  verb->footer(
      "An unknown card is added to the store, a card on another platform moves to the\n"
      "reported one; bindings that stand in the way end.\n"
      "With --json, one object: mismatch (its id), card_added, binding, and released: the "
      "bindings\n"
      "that ended.");
  verb->callback([&program, id, card] {
    program.verb = [&program, id, card] { return accept(program, *id, *card); };
  });
}

void add_mismatch_dismiss(CLI::App& mismatch, Program& program) {
  CLI::App* verb =
      mismatch.add_subcommand("dismiss", "Nobody need look at it until its cause is gone");
  auto id = std::make_shared<std::int64_t>();
  verb->add_option("ID", *id, "The number in mismatch list")->required();
  verb->footer("With --json: the mismatch, as in mismatch list.");
  verb->callback(
      [&program, id] { program.verb = [&program, id] { return dismiss(program, *id); }; });
}

}  // namespace iotcard
