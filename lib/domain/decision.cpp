// SPDX-License-Identifier: Apache-2.0
// The table of decide(): the first matching row is the outcome.
//
//   the ICCID is         the card is               the outcome
//   absent               -                         no_card
//   unreadable, rounded  -                         iccid_invalid
//   valid                several match             iccid_ambiguous
//   valid                in no list                card_unknown
//   valid                on another platform       wrong_platform
//   valid                bound to this device      binding_confirmed
//   valid                bound to another device   card_in_use
//   valid                free, the device is not   device_has_other_card
//   valid                free, and so the device   binding_created
#include "domain/decision.h"

#include <algorithm>

#include "domain/event_data.h"

namespace iotcard {

namespace {

// The problem that makes the ICCID unusable, given the stored cards.
std::optional<IccidProblem> effective_problem(const DeviceReport& report,
                                              const DecisionInputs& inputs) {
  if (!report.iccid.iccid) return report.iccid.problem;
  const bool exact = inputs.cards.size() == 1 && inputs.cards[0].match == Match::exact;
  if (!exact && looks_rounded(*report.iccid.iccid)) return IccidProblem::precision_lost;
  return std::nullopt;
}

Outcome outcome_of(const DeviceKey& device, const DeviceReport& report,
                   const DecisionInputs& inputs) {
  if (report.iccid.absent()) return Outcome::no_card;
  if (effective_problem(report, inputs)) return Outcome::iccid_invalid;
  if (inputs.cards.size() > 1) return Outcome::iccid_ambiguous;
  if (inputs.cards.empty()) return Outcome::card_unknown;
  const MatchedCard& card = inputs.cards[0];
  if (report.platform && card.card.platform && *report.platform != *card.card.platform) {
    return Outcome::wrong_platform;
  }
  if (card.binding) {
    return card.binding->device == device ? Outcome::binding_confirmed : Outcome::card_in_use;
  }
  return inputs.device_binding ? Outcome::device_has_other_card : Outcome::binding_created;
}

bool is_mismatch(Outcome outcome) {
  return outcome >= mismatch_outcomes.front() && outcome <= mismatch_outcomes.back();
}

bool is_conflict(Outcome outcome) {
  return outcome == Outcome::device_has_other_card || outcome == Outcome::card_in_use;
}

// Whether this report ends another standing mismatch. A report without a readable ICCID does not
// end a mismatch about a card.
bool is_over(const Mismatch& standing, Outcome outcome) {
  if (outcome == Outcome::no_card) return false;
  return standing.about_iccid() || outcome != Outcome::iccid_invalid;
}

void append(Change& change, Change more) {
  std::move(more.writes.begin(), more.writes.end(), std::back_inserter(change.writes));
  std::move(more.events.begin(), more.events.end(), std::back_inserter(change.events));
}

// Ends the open bindings of card and device.
Change release_both(const MatchedCard& card, const std::optional<Binding>& device_binding,
                    const std::string& by, Instant now) {
  Change change;
  if (card.binding) append(change, release(*card.binding, by, now));
  if (device_binding && (!card.binding || card.binding->id != device_binding->id)) {
    append(change, release(*device_binding, by, now));
  }
  return change;
}

// Raises the mismatch, or counts one more report of the same.
Mismatch note_mismatch(const OutcomeFacts& facts, const Mismatch* same, const std::string& reported,
                       Instant now, Change& change) {
  if (same == nullptr) {
    Mismatch raised{.device = facts.device,
                    .outcome = facts.outcome,
                    .reported = reported,
                    .platform = facts.report.platform,
                    .first_seen = now,
                    .last_seen = now,
                    .ended = {},
                    .ended_by = {}};
    change.writes.push_back(RaiseMismatch{raised});
    return raised;
  }
  Mismatch repeated = *same;
  repeated.last_seen = now;
  ++repeated.count;
  repeated.platform = facts.report.platform;
  change.writes.push_back(RepeatMismatch{repeated.id, now, repeated.count, repeated.platform});
  return repeated;
}

// The policy resolves the mismatch: the new one, or one that stands since the policy was another.
void follow_mismatch(const Mismatch& mismatch, Instant now, Change& change) {
  if (auto* raise = std::get_if<RaiseMismatch>(&change.writes.back())) {
    raise->mismatch.state = MismatchState::followed;
    raise->mismatch.ended = now;
    raise->mismatch.ended_by = "policy";
  } else {
    append(change, end_mismatch(mismatch, MismatchState::followed, "policy", now));
  }
}

std::string_view suspect(const MatchedCard& card, const DecisionInputs& inputs) {
  const Binding& held = *card.binding;
  const bool holder_reported = held.created_by == "report" || held.last_seen > held.since;
  const bool both_report =
      holder_reported && inputs.first_reported && held.last_seen > *inputs.first_reported;
  return both_report ? "cloned" : "moved";
}

}  // namespace

Decision decide(const DeviceKey& device, const DeviceReport& report, const DecisionInputs& inputs,
                const Policy& policy, Instant now, std::optional<Instant> judge_at) {
  const Instant judging = judge_at.value_or(now);
  const Outcome outcome = outcome_of(device, report, inputs);
  const auto problem = effective_problem(report, inputs);
  const MatchedCard* card = inputs.cards.size() == 1 && !problem ? &inputs.cards[0] : nullptr;
  const std::string reported{problem              ? iccid_problem_names[*problem]
                             : report.iccid.iccid ? report.iccid.iccid->text()
                                                  : std::string_view{}};
  const bool followed = is_conflict(outcome) && policy.on_conflict == OnConflict::follow;
  Change change;

  const Mismatch* same = nullptr;
  for (const Mismatch& standing : inputs.standing) {
    if (standing.outcome == outcome && standing.reported == reported) {
      same = &standing;
    } else if (is_over(standing, outcome)) {
      append(change, end_mismatch(standing, MismatchState::cleared, "report", now));
    }
  }

  OutcomeFacts facts{device, report, inputs, outcome, card, problem, {}, {}, {}};
  if (is_mismatch(outcome)) facts.mismatch = note_mismatch(facts, same, reported, now, change);
  if (outcome == Outcome::card_in_use) facts.suspect = suspect(*card, inputs);
  if (followed) facts.resolved = "followed";
  const auto publish_outcome = [&] {
    // Most reports confirm a binding; writing that event is a tenth of their cost.
    if (policy.mute.has(event_kind(facts.outcome))) return;
    change.events.push_back({event_kind(facts.outcome), device,
                             card ? std::optional{card->card.iccid} : std::nullopt, now,
                             outcome_data(facts, policy.alerts, judging)});
  };
  publish_outcome();

  if (followed) {
    follow_mismatch(*facts.mismatch, now, change);
    append(change, release_both(*card, inputs.device_binding, "policy", now));
    facts.outcome = Outcome::binding_created;
    facts.mismatch.reset();
    facts.suspect = facts.resolved = {};
    publish_outcome();
  }
  if (facts.outcome == Outcome::binding_created) {
    change.writes.push_back(CreateBinding{device, card->card.iccid, card->match, now, "report"});
  } else if (facts.outcome == Outcome::binding_confirmed) {
    change.writes.push_back(ConfirmBinding{card->binding->id, now});
  }
  if (card != nullptr) {
    MatchedCard judged = *card;
    if (facts.outcome == Outcome::binding_created) {
      judged.binding =
          Binding{0, device, card->card.iccid, card->match, now, now, {}, "report", ""};
    }
    append(change, judge_card(judged, policy.alerts, judging));
  }
  return {outcome, card ? std::optional{card->match} : std::nullopt, std::move(change.writes),
          std::move(change.events)};
}

Change bind(const DeviceKey& device, const MatchedCard& card,
            const std::optional<Binding>& device_binding, const AlertThresholds& thresholds,
            const std::string& by, Instant now) {
  Change change = release_both(card, device_binding, by, now);
  change.writes.push_back(CreateBinding{device, card.card.iccid, card.match, now, by});
  change.events.push_back({EventKind::binding_created, device, card.card.iccid, now,
                           bound_by_operator_data(device, card, thresholds, by, now)});
  return change;
}

Change release(const Binding& binding, const std::string& by, Instant now) {
  return {{EndBinding{binding.id, now, by}},
          {{EventKind::binding_released, binding.device, binding.iccid, now,
            released_data(binding, by, now)}}};
}

Change end_mismatch(const Mismatch& mismatch, MismatchState state, const std::string& by,
                    Instant now) {
  Change change{{EndMismatch{mismatch.id, state, now, by}}, {}};
  if (mismatch.state == MismatchState::open) {
    change.events.push_back({EventKind::mismatch_cleared, mismatch.device, std::nullopt, now,
                             cleared_data(mismatch, state, by)});
  }
  return change;
}

Change judge_card(const MatchedCard& card, const AlertThresholds& thresholds, Instant now) {
  return announce(card, abnormal_reasons(card.card, thresholds, now), now);
}

Change announce(const MatchedCard& card, AbnormalReasons reasons, Instant now) {
  if (reasons == card.announced) return {};
  Change change{{SetAbnormal{card.card.iccid, reasons}}, {}};
  const bool recovered = reasons.empty();
  if (recovered || reasons.exceeds(card.announced)) {
    std::optional<DeviceKey> device;
    if (card.binding) device = card.binding->device;
    change.events.push_back({recovered ? EventKind::card_recovered : EventKind::card_abnormal,
                             device, card.card.iccid, now, card_data(card, reasons)});
  }
  return change;
}

}  // namespace iotcard
