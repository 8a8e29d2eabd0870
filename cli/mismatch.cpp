// SPDX-License-Identifier: Apache-2.0
// mismatch list, mismatch show, mismatch accept, mismatch dismiss, mismatch reopen.
#include <fmt/core.h>

#include <memory>

#include "mismatch_selection.h"
#include "operations.h"
#include "operations/json.h"
#include "output.h"

namespace iotcard {
namespace {

struct MismatchListOptions {
  MismatchFilterOptions filters;
  std::optional<MismatchOrder> order;
  bool descending = false;
  bool all = false;
  bool counts = false;
  std::int64_t limit = 100;
};

// The operator or the report that ended or dismissed it last, and when.
std::string settled(const Mismatch& mismatch) {
  if (mismatch.ended) return fmt::format("{} by {}", printable(mismatch.ended), mismatch.ended_by);
  if (mismatch.dismissed) {
    return fmt::format("{} by {}", printable(mismatch.dismissed), mismatch.dismissed_by);
  }
  return "";
}

// What contradicted the report: the device that holds the card, the platform of the card, or the
// card that the device has.
std::string against(const Mismatch& mismatch) {
  const Against& found = mismatch.against;
  if (mismatch.outcome == Outcome::wrong_platform) {
    return found.card_platform ? fmt::format("card on platform {}", *found.card_platform)
                               : "card on no platform";
  }
  if (found.holder) return "held by " + found.holder->text();
  return found.bound ? "bound to " + std::string{found.bound->text()} : "";
}

// An unreadable ICCID as it came, with what is wrong with it.
std::string reported(const Mismatch& mismatch) {
  if (!mismatch.about_iccid() || mismatch.reported_text.empty()) return mismatch.reported;
  return fmt::format("{} ({})", mismatch.reported_text, mismatch.reported);
}

std::string_view suspect(const Mismatch& mismatch) {
  return mismatch.against.suspect ? suspect_names[*mismatch.against.suspect] : std::string_view{};
}

TableRow mismatch_row(const Mismatch& mismatch) {
  return {
      {std::to_string(mismatch.id), std::string{mismatch_state_names[mismatch.state]},
       std::string{outcome_name(mismatch.outcome)}, std::string{suspect(mismatch)},
       mismatch.device.text(), reported(mismatch), against(mismatch), printable(mismatch.platform),
       std::to_string(mismatch.count), printable(mismatch.first_seen),
       printable(mismatch.last_seen), settled(mismatch), mismatch.reason},
      mismatch.state == MismatchState::open ? Colour::red : Colour::grey};
}

int print_counts(Program& program) {
  const auto counts = open_operations(program, Use::read)->mismatch_counts();
  return print_result(
      program.json, [&](JsonText& json) { write_mismatch_counts(json, counts); },
      [&] {
        Table table{{"STATE", "KIND", "SUSPECT", "COUNT"}};
        for (const MismatchCount& count : counts) {
          const auto& of = count.group.suspect;
          table.add({{std::string{mismatch_state_names[count.group.state]},
                      std::string{outcome_name(count.group.kind)},
                      of ? std::string{suspect_names[*of]} : "",
                      fmt::format("{}{}", count.rows, count.is_lower_bound ? "+" : "")}});
        }
        table.finish("no mismatches");
      });
}

int list_mismatches(Program& program, const MismatchListOptions& options) {
  if (options.counts && options.filters.given()) {
    throw UsageError{"--counts counts all mismatches: leave the filters out"};
  }
  if (options.counts) return print_counts(program);
  MismatchFilter filter = filter_of(options.filters);
  if (options.all) filter.standing_only = false;
  const bool by_time = filter.since || filter.until;
  filter.order = options.order.value_or(by_time ? MismatchOrder::first_seen : MismatchOrder::id);
  filter.newest_first = options.descending;
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output,
                   {"ID",
                    "STATE",
                    {"KIND", "outcome"},
                    "SUSPECT",
                    {"DEVICE", "product"},
                    {"REPORTED", "reported reported_text"},
                    {"AGAINST", "bound_iccid holder card_platform"},
                    "PLATFORM",
                    "COUNT",
                    "FIRST SEEN",
                    "LAST SEEN",
                    {"SETTLED", "ended ended_by"},
                    "REASON"},
                   "no mismatches",
                   options.limit};
  return rows.print(
      operations->mismatches(filter),
      [](JsonText& json, const Mismatch& mismatch) { write_mismatch(json, mismatch); },
      mismatch_row);
}

std::string pair_text(const DeviceKey& device, const Iccid& iccid) {
  return fmt::format("{} to {}", device.text(), iccid.text());
}

// "binds 1/D1 to 8986…; ends the binding of 1/D2 to 8986…".
std::string plan_text(const AcceptancePlan& plan, const DeviceKey& device) {
  if (!plan.obstacle.empty()) return "it cannot be: " + plan.obstacle;
  std::string text = plan.bound
                         ? "binds " + pair_text(device, *plan.card)
                         : fmt::format("keeps the binding of {}", pair_text(device, *plan.card));
  if (plan.card_added) text += "; adds the card";
  if (plan.new_platform) text += fmt::format("; moves the card to platform {}", *plan.new_platform);
  for (const Binding& binding : plan.ended) {
    text += "; ends the binding of " + pair_text(binding.device, binding.iccid);
  }
  return text;
}

std::string card_text(const StoredCard& card) {
  std::string text =
      fmt::format("{}, {}", card.card.iccid.text(), card_status_names[card.card.status]);
  if (card.card.platform) text += fmt::format(", platform {}", *card.card.platform);
  return text + (card.binding ? ", bound to " + card.binding->device.text() : ", free");
}

void print_mismatch(const MismatchDetails& details) {
  const Mismatch& mismatch = details.mismatch;
  Facts facts;
  facts.add("mismatch", std::to_string(mismatch.id));
  facts.add("state", mismatch_state_names[mismatch.state],
            mismatch.state == MismatchState::open ? Colour::red : Colour::grey);
  facts.add("kind", outcome_name(mismatch.outcome));
  facts.add("suspect", suspect(mismatch));
  facts.add("device", mismatch.device.text());
  facts.add("reported", reported(mismatch));
  facts.add("as it came", mismatch.about_iccid() ? "" : mismatch.reported_text);
  facts.add("leniencies", join(mismatch.leniencies.names(leniency_names), ", "));
  facts.add("candidates", join(mismatch.candidates, ", ", &Iccid::text));
  facts.add("platform", printable(mismatch.platform));
  facts.add("against", against(mismatch));
  facts.add("reports", std::to_string(mismatch.count));
  facts.add("first seen", printable(mismatch.first_seen));
  facts.add("last seen", printable(mismatch.last_seen));
  facts.add("settled", settled(mismatch));
  facts.add("reason", mismatch.reason);
  if (details.device) {
    facts.add("last report", printable(details.device->last_seen));
    facts.add("payload", printable(details.device->last_payload));
  }
  for (const StoredCard& card : details.cards) facts.add("reported card", card_text(card));
  if (details.bound) facts.add("device's card", card_text(*details.bound));
  if (!mismatch.ended) facts.add("accept", plan_text(details.accept, mismatch.device));
  facts.print();
}

int show_mismatch(Program& program, std::int64_t id) {
  const auto operations = open_operations(program, Use::read);
  const MismatchDetails details = operations->mismatch(id);
  return print_result(
      program.json, [&](JsonText& json) { write_mismatch(json, details, operations->context()); },
      [&] { print_mismatch(details); });
}

int accept_one(Program& program, std::int64_t id, const std::string& card,
               const std::string& reason) {
  std::optional<Iccid> wanted;
  if (!card.empty()) wanted = iccid_from_operator(card);
  const Acceptance accepted = open_operations(program, Use::change)->accept(id, wanted, reason);
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

int print_one(Program& program, const Mismatch& mismatch, std::string_view done) {
  return print_change(
      program.json, [&](JsonText& json) { write_mismatch(json, mismatch); },
      [&] { say(fmt::format("mismatch {} {}", mismatch.id, done)); });
}

constexpr const char* many_mismatches_help = R"(
Ids, - or filters. With filters and with -: --yes N says how many match; without it the
terminal is asked. If another number matches, nothing is done (exit status 1). Blank lines
of standard input and what follows a # are passed over. Each mismatch is done or not by
itself; those that could not be done are named on standard error with the reason (exit
status 1).)";
constexpr const char* many_mismatches_json = R"(
For more than one, and with --dry-run: matching, done, bound, ended, cards_added, failed
(id, reason), accepted and settled (the first 500), dry_run.)";

}  // namespace

Action mismatch_list_verb(Arguments& arguments) {
  auto options = std::make_shared<MismatchListOptions>();
  declare_filters(arguments, options->filters);
  arguments.choice("--sort", options->order, mismatch_order_names, "By default by id");
  arguments.flag("--desc", options->descending, "In reverse order");
  arguments.flag("--all", options->all, "Also those that have ended");
  arguments.excludes("--all", "--state");
  arguments.flag("--counts", options->counts, "How many there are, by state, kind and suspect");
  arguments.limit(options->limit);
  arguments.footer(std::string{R"(
Without --state and --all: the open and the dismissed ones, in the order of their ID.
AGAINST is what contradicted the report when the mismatch was raised.)"} +
                   mismatch_filter_help + R"(
With --json: an array of mismatches, each with id, product, device, outcome, reported,
platform, state, count, first_seen, last_seen, dismissed, dismissed_by, ended, ended_by,
bound_iccid, holder, suspect, card_platform, reported_text, leniencies, candidates,
card_known, reason.)");
  return [options](Program& program) { return list_mismatches(program, *options); };
}

Action mismatch_show_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>();
  arguments.required("ID", *id, "The number in mismatch list");
  arguments.footer(R"(
"accept" says what mismatch accept would do.
With --json: the mismatch, as in mismatch list, with last_report, last_topic, last_payload,
cards (that fit what was reported), bound_card and accept_would.)");
  return [id](Program& program) { return show_mismatch(program, *id); };
}

Action mismatch_accept_verb(Arguments& arguments) {
  auto many = std::make_shared<ManyMismatches>();
  auto card = std::make_shared<std::string>();
  declare_many(arguments, *many);
  arguments.option("--reason", many->reason, "Why; kept with the mismatch");
  arguments.option("--card", *card, "The right card, where several fit (iccid_ambiguous)");
  arguments.footer(std::string{R"(
An unknown card is added to the store, a card on another platform moves to the
reported one; bindings that stand in the way end. Of several mismatches about one card the
first is accepted. Filters are for open ones unless --state says more.)"} +
                   many_mismatches_help + mismatch_filter_help + R"(
With --json, one object: mismatch (its id), card_added, bound (the binding was made), binding, and released: the bindings
that ended.)" + many_mismatches_json);
  return [many, card](Program& program) {
    if (const auto id = many->only_id()) return accept_one(program, *id, *card, many->reason);
    if (!card->empty()) throw UsageError{"--card goes with one ID, without --dry-run"};
    return settle_many(program, *many, MismatchBatch::Action::accept);
  };
}

Action mismatch_dismiss_verb(Arguments& arguments) {
  auto many = std::make_shared<ManyMismatches>();
  declare_many(arguments, *many);
  arguments.option("--reason", many->reason, "Why; kept with the mismatch");
  arguments.footer(std::string{R"(
Later reports of a dismissed mismatch are counted and publish no event. It is open again
when its cause changes: the kind, the reported ICCID, the suspect, the device that holds
the card, or the card that the device is bound to. Filters are for open ones unless --state
says more.)"} + many_mismatches_help +
                   mismatch_filter_help + R"(
With --json: the mismatch, as in mismatch list.)" +
                   many_mismatches_json);
  return [many](Program& program) {
    const auto id = many->only_id();
    if (!id) return settle_many(program, *many, MismatchBatch::Action::dismiss);
    return print_one(program, open_operations(program, Use::change)->dismiss(*id, many->reason),
                     "dismissed until its cause changes");
  };
}

Action mismatch_reopen_verb(Arguments& arguments) {
  auto many = std::make_shared<ManyMismatches>();
  declare_many(arguments, *many);
  arguments.footer(std::string{R"(
Takes a dismissal back: the mismatch is open, and its event is published once more. Filters
are for dismissed ones.)"} +
                   many_mismatches_help + mismatch_filter_help + R"(
With --json: the mismatch, as in mismatch list.)" +
                   many_mismatches_json);
  return [many](Program& program) {
    const auto id = many->only_id();
    if (!id) return settle_many(program, *many, MismatchBatch::Action::reopen);
    return print_one(program, open_operations(program, Use::change)->reopen(*id), "is open again");
  };
}

}  // namespace iotcard
