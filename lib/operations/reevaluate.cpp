// SPDX-License-Identifier: Apache-2.0
#include "operations/reevaluate.h"

#include <algorithm>
#include <set>

#include "store/stored_decision.h"

namespace iotcard {
namespace {

constexpr int page = 200;  // mismatches

// The device's last report, if the mismatch is about it.
std::optional<DeviceReport> last_report(Store& store, const Context& context,
                                        const Mismatch& mismatch) {
  const auto device = store.find_device(mismatch.device);
  if (!device || device->last_payload.empty()) return std::nullopt;
  ReportReading reading =
      read_report(device->last_payload, context.sources.read_options(device->last_topic));
  auto* report = std::get_if<DeviceReport>(&reading);
  if (report == nullptr || report->iccid.absent()) return std::nullopt;
  const bool same = mismatch.about_iccid() ||
                    (report->iccid.iccid && report->iccid.iccid->text() == mismatch.reported);
  return same ? std::optional{std::move(*report)} : std::nullopt;
}

// The report that the mismatch is about, and what it is decided on.
struct Reconsidered {
  DeviceReport report;
  DecisionInputs inputs;
  bool stored = false;  // a later report did not name this card: the parts that the mismatch has
};

Reconsidered reconsider(Store& store, const Context& context, const Mismatch& mismatch) {
  auto report = last_report(store, context, mismatch);
  const bool stored = !report;
  if (stored) report = stored_report(mismatch);
  Reconsidered found{*std::move(report), {}, stored};
  found.inputs = load_inputs(store, mismatch.device, found.report);
  found.inputs.contested_by.clear();  // no device reports at this moment
  // Mismatches from later reports of the device are not affected.
  if (stored) found.inputs.standing = {mismatch};
  return found;
}

bool is_unchanged(const Decision& decision) {
  return decision.outcome == Outcome::no_card || holds<RepeatMismatch>(decision);
}

bool has_other_cause(const Decision& decision) {
  return std::ranges::any_of(decision.writes, [](const Write& write) {
    const auto* repeat = std::get_if<RepeatMismatch>(&write);
    return repeat != nullptr && repeat->against;
  });
}

// The mismatch stands as it was, or against something else: its report is not counted again.
Decision repeat(const Context& context, const Mismatch& mismatch, Reconsidered again) {
  for (Mismatch& standing : again.inputs.standing) {
    if (standing.id == mismatch.id) --standing.count;
  }
  Policy policy = context.policy;
  policy.on_conflict = OnConflict::hold;
  Decision decision =
      decide(mismatch.device, again.report, again.inputs, policy, mismatch.last_seen, context.now);
  for (Event& event : decision.events) event.time = context.now;
  return decision;
}

// Only a dismissed one, which is open again by that, is announced.
bool change_cause(Store& store, const Context& context, const Mismatch& mismatch,
                  Reconsidered again) {
  Decision decision = repeat(context, mismatch, std::move(again));
  if (mismatch.state == MismatchState::open) {
    const EventKind kind = event_kind(mismatch.outcome);
    std::erase_if(decision.events, [&](const Event& event) { return event.kind == kind; });
  }
  apply_change(store, context, Change{std::move(decision.writes), std::move(decision.events)});
  return true;
}

bool reevaluate_one(Store& store, const Context& context, std::int64_t id) {
  const auto mismatch = store.find_mismatch(id);
  if (!mismatch || mismatch->ended) return false;
  Reconsidered again = reconsider(store, context, *mismatch);
  // An unreadable ICCID of an earlier report says nothing new.
  if (again.stored && mismatch->about_iccid()) return false;
  Policy policy = context.policy;
  if (is_outrun(again.inputs, mismatch->last_seen)) policy.on_conflict = OnConflict::hold;
  Decision decision = decide(mismatch->device, again.report, again.inputs, policy, context.now);
  if (has_other_cause(decision) && !holds<EndMismatch>(decision)) {
    return change_cause(store, context, *mismatch, std::move(again));
  }
  if (is_unchanged(decision)) return false;
  // The stored number alone does not show that the report was unreadable.
  if (again.stored && decision.outcome == Outcome::iccid_invalid) return false;
  forget_confirmation(decision);
  apply_change(store, context, Change{std::move(decision.writes), std::move(decision.events)});
  return true;
}

Instant last_change(const Binding& binding) {
  return std::max({binding.since, binding.last_seen, binding.until.value_or(binding.since)});
}

// A fact of another device at the same time counts as newer: of two devices that name one card at
// the same time neither takes it from the other.
bool is_newer(Instant fact, bool own, Instant at) {
  return own ? fact > at : fact >= at;
}

bool is_card_superseded(BindingStore& store, const DeviceKey& device, const Iccid& card,
                        Instant at) {
  for (const Binding& binding : store.binding_history(card, 1)) {
    if (is_newer(last_change(binding), binding.device == device, at)) return true;
  }
  const std::vector<Mismatch> mismatches = store.mismatches_about(card);
  return std::ranges::any_of(mismatches, [&](const Mismatch& mismatch) {
    const auto named = Iccid::from_canonical(mismatch.reported);
    return mismatch.device != device && named && match(*named, card) &&
           is_newer(mismatch.last_seen, false, at);
  });
}

}  // namespace

std::int64_t reevaluate(Store& store, const Context& context, const Affected& affected) {
  std::set<std::int64_t> ids;
  const auto collect = [&](const std::vector<Mismatch>& mismatches) {
    for (const Mismatch& mismatch : mismatches) ids.insert(mismatch.id);
  };
  for (const DeviceKey& device : affected.devices) collect(store.standing_mismatches(device));
  for (const Iccid& iccid : affected.cards) collect(store.mismatches_about(iccid));
  return std::ranges::count_if(ids,
                               [&](std::int64_t id) { return reevaluate_one(store, context, id); });
}

void announce_again(Store& store, const Context& context, const Mismatch& mismatch) {
  Decision decision = repeat(context, mismatch, reconsider(store, context, mismatch));
  if (!holds<RepeatMismatch>(decision)) {
    reevaluate_one(store, context, mismatch.id);
    return;
  }
  apply_change(store, context, Change{std::move(decision.writes), std::move(decision.events)});
}

std::int64_t reevaluate_unknown_cards(Store& store, const Context& context) {
  return reevaluate_unknown_cards(store, context, [](const auto& action) { action(); });
}

std::int64_t reevaluate_unknown_cards(
    Store& store, const Context& context,
    const std::function<void(const std::function<void()>&)>& in_transaction) {
  std::int64_t ended = 0;
  std::int64_t after = 0;
  for (;;) {
    const std::vector<Mismatch> known = store.unknown_cards_now_known(after, page);
    if (known.empty()) return ended;
    in_transaction([&] {
      for (const Mismatch& mismatch : known) {
        if (reevaluate_one(store, context, mismatch.id)) ++ended;
      }
    });
    after = known.back().id;
  }
}

void forget_confirmation(Decision& decision) {
  std::erase_if(decision.writes,
                [](const Write& write) { return std::holds_alternative<ConfirmBinding>(write); });
  std::erase_if(decision.events,
                [](const Event& event) { return event.kind == EventKind::binding_confirmed; });
}

bool is_superseded(BindingStore& store, const DeviceKey& device, const DecisionInputs& inputs,
                   Instant at) {
  for (const Binding& binding : store.binding_history(device, 1)) {
    if (is_newer(last_change(binding), true, at)) return true;
  }
  return std::ranges::any_of(inputs.cards, [&](const MatchedCard& card) {
    return is_card_superseded(store, device, card.card.iccid, at);
  });
}

}  // namespace iotcard
