// SPDX-License-Identifier: Apache-2.0
// The table of decide(): the first row that fits is the outcome.
//
//   the ICCID is         the card is               the outcome
//   absent               -                         no_card
//   unreadable, rounded  -                         iccid_invalid
//   valid                several fit               iccid_ambiguous
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

EventKind event_kind(Outcome outcome) {
  switch (outcome) {
    case Outcome::no_card:
      return EventKind::report_no_card;
    case Outcome::iccid_invalid:
      return EventKind::mismatch_iccid_invalid;
    case Outcome::iccid_ambiguous:
      return EventKind::mismatch_iccid_ambiguous;
    case Outcome::card_unknown:
      return EventKind::mismatch_card_unknown;
    case Outcome::wrong_platform:
      return EventKind::mismatch_wrong_platform;
    case Outcome::device_has_other_card:
      return EventKind::mismatch_device_has_other_card;
    case Outcome::card_in_use:
      return EventKind::mismatch_card_in_use;
    case Outcome::binding_created:
      return EventKind::binding_created;
    case Outcome::binding_confirmed:
      return EventKind::binding_confirmed;
  }
  return EventKind::report_no_card;  // not reached
}

namespace {

// The problem that makes the ICCID unusable, given what the store knows.
std::optional<IccidProblem> effective_problem(const DeviceReport& report,
                                              const DecisionInputs& knowledge) {
  if (!report.iccid.iccid) return report.iccid.problem;
  const bool exact = knowledge.cards.size() == 1 && knowledge.cards[0].match == Match::exact;
  if (!exact && looks_rounded(*report.iccid.iccid)) return IccidProblem::precision_lost;
  return std::nullopt;
}

Outcome outcome_of(const DeviceKey& device, const DeviceReport& report,
                   const DecisionInputs& knowledge) {
  if (report.iccid.absent()) return Outcome::no_card;
  if (effective_problem(report, knowledge)) return Outcome::iccid_invalid;
  if (knowledge.cards.size() > 1) return Outcome::iccid_ambiguous;
  if (knowledge.cards.empty()) return Outcome::card_unknown;
  const MatchedCard& card = knowledge.cards[0];
  if (report.platform && card.card.platform && *report.platform != *card.card.platform) {
    return Outcome::wrong_platform;
  }
  if (card.binding) {
    return card.binding->device == device ? Outcome::binding_confirmed : Outcome::card_in_use;
  }
  return knowledge.device_binding ? Outcome::device_has_other_card : Outcome::binding_created;
}

bool is_mismatch(Outcome outcome) {
  switch (outcome) {
    case Outcome::no_card:
    case Outcome::binding_created:
    case Outcome::binding_confirmed:
      return false;
    case Outcome::iccid_invalid:
    case Outcome::iccid_ambiguous:
    case Outcome::card_unknown:
    case Outcome::wrong_platform:
    case Outcome::device_has_other_card:
    case Outcome::card_in_use:
      return true;
  }
  return false;  // not reached
}

bool is_conflict(Outcome outcome) {
  return outcome == Outcome::device_has_other_card || outcome == Outcome::card_in_use;
}

// Whether a standing mismatch, not the one reported now, is over. A report that says nothing
// readable about its card proves nothing about a mismatch over a card.
bool is_over(const Mismatch& standing, Outcome outcome) {
  if (outcome == Outcome::no_card) return false;
  return standing.about_iccid() || outcome != Outcome::iccid_invalid;
}

void append(Change& change, Change more) {
  std::move(more.writes.begin(), more.writes.end(), std::back_inserter(change.writes));
  std::move(more.events.begin(), more.events.end(), std::back_inserter(change.events));
}

// Ends the open bindings that keep device and card apart.
Change release_both(const MatchedCard& card, const std::optional<Binding>& device_binding,
                    const std::string& by, Instant now) {
  Change change;
  if (card.binding) append(change, release(*card.binding, by, now));
  if (device_binding && (!card.binding || card.binding->id != device_binding->id)) {
    append(change, release(*device_binding, by, now));
  }
  return change;
}

// Raises the mismatch, or counts one more report of it.
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

// The policy resolves a mismatch as it is raised, or one that stands from another policy's days.
void follow_mismatch(const Mismatch& mismatch, Instant now, Change& change) {
  if (auto* raise = std::get_if<RaiseMismatch>(&change.writes.back())) {
    raise->mismatch.state = MismatchState::followed;
    raise->mismatch.ended = now;
    raise->mismatch.ended_by = "policy";
  } else {
    append(change, end_mismatch(mismatch, MismatchState::followed, "policy", now));
  }
}

std::string_view suspect(const MatchedCard& card, const DecisionInputs& knowledge) {
  const Binding& held = *card.binding;
  const bool holder_reported = held.created_by == "report" || held.last_seen > held.since;
  const bool both_report =
      holder_reported && knowledge.first_reported && held.last_seen > *knowledge.first_reported;
  return both_report ? "cloned" : "moved";
}

}  // namespace

Decision decide(const DeviceKey& device, const DeviceReport& report,
                const DecisionInputs& knowledge, const Policy& policy, Instant now,
                std::optional<Instant> judged_at) {
  const Instant judging = judged_at.value_or(now);
  const Outcome outcome = outcome_of(device, report, knowledge);
  const auto problem = effective_problem(report, knowledge);
  const MatchedCard* card = knowledge.cards.size() == 1 && !problem ? &knowledge.cards[0] : nullptr;
  const std::string reported{problem              ? iccid_problem_names[*problem]
                             : report.iccid.iccid ? report.iccid.iccid->text()
                                                  : std::string_view{}};
  const bool followed = is_conflict(outcome) && policy.on_conflict == OnConflict::follow;
  Change change;

  const Mismatch* same = nullptr;
  for (const Mismatch& standing : knowledge.standing) {
    if (standing.outcome == outcome && standing.reported == reported) {
      same = &standing;
    } else if (is_over(standing, outcome)) {
      append(change, end_mismatch(standing, MismatchState::cleared, "report", now));
    }
  }

  OutcomeFacts facts{device, report, knowledge, outcome, card, problem, {}, {}, {}};
  if (is_mismatch(outcome)) facts.mismatch = note_mismatch(facts, same, reported, now, change);
  if (outcome == Outcome::card_in_use) facts.suspect = suspect(*card, knowledge);
  if (followed) facts.resolved = "followed";
  const auto publish_outcome = [&] {
    // Most reports confirm a binding, and the text that says so is a tenth of what they cost.
    if (policy.mute.has(event_kind(facts.outcome))) return;
    change.events.push_back({event_kind(facts.outcome), device,
                             card ? std::optional{card->card.iccid} : std::nullopt, now,
                             outcome_data(facts, policy.alerts, judging)});
  };
  publish_outcome();

  if (followed) {
    follow_mismatch(*facts.mismatch, now, change);
    append(change, release_both(*card, knowledge.device_binding, "policy", now));
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
  const AbnormalReasons reasons = abnormal_reasons(card.card, thresholds, now);
  if (reasons == card.raised) return {};
  Change change{{SetAbnormal{card.card.iccid, reasons}}, {}};
  const bool recovered = reasons.empty();
  if (recovered || reasons.exceeds(card.raised)) {
    std::optional<DeviceKey> device;
    if (card.binding) device = card.binding->device;
    change.events.push_back({recovered ? EventKind::card_recovered : EventKind::card_abnormal,
                             device, card.card.iccid, now, card_data(card, reasons)});
  }
  return change;
}

}  // namespace iotcard
