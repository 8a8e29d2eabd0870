// SPDX-License-Identifier: Apache-2.0
#include "domain/decision.h"

#include <algorithm>

#include "domain/decision_events.h"
#include "domain/mismatch_rules.h"

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

// The first matching row is the outcome:
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

// The outcome of a late report. If the newest report of the device named a card, the late report
// binds none; if both name one card, the standing mismatch of that card is the outcome.
Outcome outcome_of_late(const DeviceKey& device, const DeviceReport& report,
                        const DecisionInputs& inputs) {
  const Outcome outcome = outcome_of(device, report, inputs);
  if (outcome != Outcome::binding_created || !inputs.newest_names_card) return outcome;
  for (const Mismatch& standing : inputs.standing) {
    if (standing.reported == report.iccid.iccid->text()) return standing.outcome;
  }
  return Outcome::device_has_other_card;
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

// The binding that the device has, or had when a late report came, is not one that it makes.
bool is_open(const std::optional<Binding>& binding) {
  return binding && !binding->until;
}

// Ends the open bindings of card and device.
Change release_both(const MatchedCard& card, const std::optional<Binding>& device_binding,
                    const std::string& by, Instant now) {
  Change change;
  if (is_open(card.binding)) append(change, release(*card.binding, by, now));
  if (is_open(device_binding) &&
      (!card.binding || card.binding->device != device_binding->device)) {
    append(change, release(*device_binding, by, now));
  }
  return change;
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

bool is_judged_otherwise(const MatchedCard& card, std::string_view holder_imei,
                         const AlertThresholds& thresholds, Instant now) {
  return abnormal_reasons(card.card, thresholds, now, holder_imei) != card.announced ||
         next_judgement(card.card, thresholds, now) != card.judge_at;
}

std::string_view imei_of(const DeviceReport& report, const DecisionInputs& inputs, bool late) {
  return late || report.imei.empty() ? inputs.imei : report.imei;
}

// After this report.
std::string_view imei_of_holder(const DeviceKey& device, const DeviceReport& report,
                                const DecisionInputs& inputs, const MatchedCard& card,
                                Outcome outcome, bool late) {
  const bool own =
      is_open(card.binding) ? card.binding->device == device : outcome == Outcome::binding_created;
  return own ? imei_of(report, inputs, late) : holder_imei(card.binding);
}

}  // namespace

std::optional<Outcome> outcome_named(std::string_view name) {
  const auto kind = event_names.find(name);
  if (!kind || *kind > event_kind(Outcome::binding_confirmed)) return std::nullopt;
  return static_cast<Outcome>(*kind);
}

Decision decide(const DeviceKey& device, const DeviceReport& report, const DecisionInputs& inputs,
                const Policy& policy, const Arrival& arrival, std::optional<Instant> at) {
  const Instant now = arrival.at;
  const Instant judging = at.value_or(now);
  const bool late = is_late(inputs, arrival, judging);
  const bool hold =
      late || arrival.retained || is_outrun(inputs, now) || policy.on_conflict == OnConflict::hold;
  const Outcome outcome =
      late ? outcome_of_late(device, report, inputs) : outcome_of(device, report, inputs);
  const auto problem = effective_problem(report, inputs);
  const MatchedCard* card = inputs.cards.size() == 1 && !problem ? &inputs.cards[0] : nullptr;
  const std::string_view reported = problem              ? iccid_problem_names[*problem]
                                    : report.iccid.iccid ? report.iccid.iccid->text()
                                                         : std::string_view{};
  const bool followed = is_conflict(outcome) && !hold;
  Change change;

  const Mismatch* same = nullptr;
  bool another_stands = false;
  for (const Mismatch& standing : inputs.standing) {
    const bool may_end = !arrival.retained && (!late || standing.last_seen <= now);
    if (standing.outcome == outcome && standing.reported == reported) {
      same = &standing;
    } else if (is_over(standing, outcome) && may_end) {
      append(change, end_mismatch(standing, MismatchState::cleared, "report", now));
    } else if (standing.about_iccid() == (outcome == Outcome::iccid_invalid)) {
      another_stands = true;
    }
  }

  OutcomeFacts facts{device, report, inputs, outcome, card, problem, {}, {}, late};
  if (card != nullptr)
    facts.holder_imei = imei_of_holder(device, report, inputs, *card, outcome, late);
  if (is_mismatch(outcome)) {
    const bool ends_at_once = another_stands || (late && inputs.newest_names_card);
    facts.mismatch = note_mismatch(facts, same, reported, now, ends_at_once, change);
  }
  if (followed) facts.resolved = "followed";
  const auto publish_outcome = [&] {
    // Most reports confirm a binding; writing that event is a tenth of their cost.
    if (policy.mute.has(event_kind(facts.outcome))) return;
    if (is_dismissed_unpublished(facts.mismatch, policy)) return;
    change.events.push_back({event_kind(facts.outcome), device,
                             card ? std::optional{card->card.iccid} : std::nullopt, now,
                             outcome_data(facts, policy.alerts, judging)});
  };
  const std::optional<Mismatch> noted = facts.mismatch;
  if (followed) facts.mismatch->state = MismatchState::followed;
  publish_outcome();

  if (followed) {
    follow_mismatch(*noted, now, change);
    append(change, release_both(*card, inputs.device_binding, "policy", now));
    facts.outcome = Outcome::binding_created;
    facts.mismatch.reset();
    facts.resolved = {};
    facts.holder_imei = imei_of(report, inputs, late);
    publish_outcome();
  }
  if (facts.outcome == Outcome::binding_created) {
    change.writes.push_back(CreateBinding{device, card->card.iccid, card->match, now, "report"});
  } else if (facts.outcome == Outcome::binding_confirmed && is_open(card->binding) &&
             !arrival.retained) {
    change.writes.push_back(ConfirmBinding{device, now});
    if (!late) note_clones(*card, inputs, policy, now, judging, change);
  }
  if (card != nullptr && is_judged_otherwise(*card, facts.holder_imei, policy.alerts, judging)) {
    MatchedCard judged = *card;
    if (facts.outcome == Outcome::binding_created) {
      judged.binding = Binding{device, card->card.iccid, card->match, now, now, {}, "report", ""};
    }
    if (judged.binding) judged.binding->imei = facts.holder_imei;
    append(change, judge_card(judged, policy.alerts, judging));
  }
  return {outcome,
          card ? std::optional{card->match} : std::nullopt,
          std::move(change.writes),
          std::move(change.events),
          late,
          noted ? noted->against.suspect : std::nullopt};
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

bool is_late(const DecisionInputs& inputs, const Arrival& arrival, Instant now) {
  if (arrival.retained && inputs.heard_live) return true;
  return inputs.last_seen && arrival.at < *inputs.last_seen && *inputs.last_seen <= now;
}

bool is_outrun(const DecisionInputs& inputs, Instant at) {
  const auto newer = [&](const std::optional<Binding>& binding) {
    return is_open(binding) && std::max(binding->since, binding->last_seen) > at;
  };
  return newer(inputs.device_binding) ||
         std::ranges::any_of(inputs.cards,
                             [&](const MatchedCard& card) { return newer(card.binding); });
}

Change release(const Binding& binding, const std::string& by, Instant now) {
  return {{EndBinding{binding.device, now, by}},
          {{EventKind::binding_released, binding.device, binding.iccid, now,
            released_data(binding, by, now)}}};
}

Change end_mismatch(const Mismatch& mismatch, MismatchState state, const std::string& by,
                    Instant now, const std::string& reason) {
  Change change{{EndMismatch{mismatch.key(), state, now, by, reason}}, {}};
  if (mismatch.state == MismatchState::open) {
    change.events.push_back({EventKind::mismatch_cleared, mismatch.device, std::nullopt, now,
                             cleared_data(mismatch, state, by, reason)});
  }
  return change;
}

DeviceReport stored_report(const Mismatch& mismatch) {
  DeviceReport report;
  report.iccid.iccid = Iccid::from_canonical(mismatch.reported);
  report.iccid.problem = iccid_problem_names.find(mismatch.reported);
  report.iccid.raw = mismatch.reported_text.empty() ? mismatch.reported : mismatch.reported_text;
  report.leniencies = mismatch.leniencies;
  report.platform = mismatch.platform;
  return report;
}

Change judge_card(const MatchedCard& card, const AlertThresholds& thresholds, Instant now) {
  if (!is_judged_otherwise(card, holder_imei(card.binding), thresholds, now)) return {};
  const AbnormalReasons reasons = abnormal_reasons(card.card, card.binding, thresholds, now);
  Change change{{SetAbnormal{card.card.iccid, reasons, next_judgement(card.card, thresholds, now)}},
                {}};
  if (reasons != card.announced) change.events = announce(card, reasons, now);
  return change;
}

std::vector<Event> announce(const MatchedCard& card, AbnormalReasons reasons, Instant now) {
  const bool recovered = reasons.empty();
  if (!recovered && !reasons.exceeds(card.announced)) return {};
  std::optional<DeviceKey> device;
  if (card.binding) device = card.binding->device;
  return {{recovered ? EventKind::card_recovered : EventKind::card_abnormal, device,
           card.card.iccid, now, card_data(card, reasons)}};
}

}  // namespace iotcard
