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

struct ListOptions {
  std::string kind;
  std::string device;
  bool all = false;
  std::int64_t limit = 100;
};

std::vector<std::string> mismatch_kinds() {
  std::vector<std::string> kinds;
  for (const std::string_view name : event_names.names) {
    constexpr std::string_view category = "mismatch.";
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
    if (outcome_name(outcome) == "mismatch." + kind) return outcome;
  }
  return std::nullopt;
}

int list(Program& program, const ListOptions& options) {
  MismatchFilter filter{
      .standing_only = !options.all, .outcome = outcome_of_kind(options.kind), .device = {}};
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  const auto store = program.open_existing_store();
  if (program.json) {
    JsonArray array;
    each_mismatch(*store, filter, options.limit, [&](const Mismatch& mismatch) {
      JsonText json;
      write_mismatch(json, mismatch);
      array.add(json.view());
    });
    array.finish();
    return success;
  }
  Table table{{"ID", "STATE", "KIND", "DEVICE", "REPORTED", "PLATFORM", "COUNT", "FIRST SEEN",
               "LAST SEEN"}};
  each_mismatch(*store, filter, options.limit, [&](const Mismatch& mismatch) {
    table.add({std::to_string(mismatch.id), std::string{mismatch_state_names[mismatch.state]},
               std::string{outcome_name(mismatch.outcome)}, mismatch.device.text(),
               mismatch.reported, shown(mismatch.platform), std::to_string(mismatch.count),
               shown(mismatch.first_seen), shown(mismatch.last_seen)},
              mismatch.state == MismatchState::open ? Colour::red : Colour::grey);
  });
  table.finish("no mismatches");
  return success;
}

int accept(Program& program, std::int64_t id, const std::string& card) {
  std::optional<Iccid> wanted;
  if (!card.empty()) wanted = iccid_from_operator(card);
  const auto store = program.open_existing_store();
  const Acceptance accepted = accept_mismatch(*store, program.context(), id, wanted);
  if (program.json) {
    JsonText json;
    write_acceptance(json, accepted);
    std::printf("%s\n", json.take().c_str());
    return success;
  }
  const std::string iccid{accepted.binding.iccid.text()};
  if (accepted.card_added) say(fmt::format("card {} added", iccid));
  say(fmt::format("mismatch {} accepted: card {} is now bound to device {}", id, iccid,
                  accepted.binding.device.text()));
  return success;
}

int dismiss(Program& program, std::int64_t id) {
  const auto store = program.open_existing_store();
  dismiss_mismatch(*store, program.context(), id);
  if (program.json) {
    JsonText json;
    write_mismatch(json, store->find_mismatch(id).value());
    std::printf("%s\n", json.take().c_str());
  } else {
    std::printf("mismatch %lld dismissed until its cause is gone\n", static_cast<long long>(id));
  }
  return success;
}

}  // namespace

void add_mismatch_list(CLI::App& mismatch, Program& program) {
  CLI::App* verb = mismatch.add_subcommand("list", "Lists mismatches, the oldest first");
  auto options = std::make_shared<ListOptions>();
  verb->add_option("--kind", options->kind, "Only this kind")
      ->check(CLI::IsMember(mismatch_kinds()));
  verb->add_option("--device", options->device, "Only those of PRODUCT/NUMBER");
  verb->add_flag("--all", options->all, "Also those that are over");
  verb->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb->footer("With --json: an array of mismatches.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return list(program, *options); };
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
      "reported one; bindings that stand in the way end. With --json: one object.");
  verb->callback([&program, id, card] {
    program.verb = [&program, id, card] { return accept(program, *id, *card); };
  });
}

void add_mismatch_dismiss(CLI::App& mismatch, Program& program) {
  CLI::App* verb =
      mismatch.add_subcommand("dismiss", "Nobody need look at it until its cause is gone");
  auto id = std::make_shared<std::int64_t>();
  verb->add_option("ID", *id, "The number in mismatch list")->required();
  verb->footer("With --json: the mismatch.");
  verb->callback(
      [&program, id] { program.verb = [&program, id] { return dismiss(program, *id); }; });
}

}  // namespace iotcard
