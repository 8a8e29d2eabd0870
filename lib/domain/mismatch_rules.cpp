// SPDX-License-Identifier: Apache-2.0
#include "domain/mismatch_rules.h"

namespace iotcard {
namespace {

void change_cause(Mismatch& mismatch, const Against& found, RepeatMismatch& repeat) {
  repeat.reopens = mismatch.state == MismatchState::dismissed;
  if (repeat.reopens) mismatch.reopen();
  repeat.against = mismatch.against = found;
}

std::vector<Iccid> candidates_of(const OutcomeFacts& facts) {
  std::vector<Iccid> found;
  if (facts.outcome == Outcome::iccid_ambiguous) {
    for (const MatchedCard& card : facts.inputs.cards) found.push_back(card.card.iccid);
  } else if (facts.problem == IccidProblem::precision_lost) {
    found = facts.inputs.rounding_candidates;
  }
  if (found.size() > max_candidates) found.erase(found.begin() + max_candidates, found.end());
  return found;
}

// The holder reported the card since this device first did. Of a binding that this device had
// before, its order in the journal shows that: the holder's began later.
Suspect suspect(const MatchedCard& card, const DecisionInputs& inputs, const Mismatch* same) {
  const Binding& held = *card.binding;
  if (same != nullptr && same->against.suspect == Suspect::cloned &&
      same->against.holder == held.device) {
    return Suspect::cloned;
  }
  const bool holder_reported = held.created_by == "report" || held.last_seen > held.since;
  const bool after_this =
      inputs.held_before || (inputs.first_reported && held.last_seen > *inputs.first_reported);
  return holder_reported && after_this ? Suspect::cloned : Suspect::moved;
}

Against against(const OutcomeFacts& facts, const Mismatch* same) {
  Against found;
  if (facts.inputs.device_binding) found.bound = facts.inputs.device_binding->iccid;
  if (facts.card == nullptr) return found;
  const auto& held = facts.card->binding;
  if (held && held->device != facts.device) found.holder = held->device;
  if (facts.outcome == Outcome::wrong_platform) found.card_platform = facts.card->card.platform;
  if (facts.outcome == Outcome::card_in_use) {
    found.suspect = suspect(*facts.card, facts.inputs, same);
  }
  return found;
}

// The event of a mismatch without a report of its device.
Event stored_event(const Mismatch& mismatch, const MatchedCard& card,
                   const AlertThresholds& thresholds, Instant now, Instant judging) {
  const DeviceReport report = stored_report(mismatch);
  DecisionInputs inputs;
  if (const auto& bound = mismatch.against.bound) {
    inputs.device_binding = Binding{mismatch.device, *bound, {}, {}, {}, {}, "", ""};
  }
  OutcomeFacts facts{mismatch.device, report, inputs, mismatch.outcome, &card, {}, mismatch};
  facts.holder_imei = holder_imei(card.binding);
  return {event_kind(mismatch.outcome), mismatch.device, card.card.iccid, now,
          outcome_data(facts, thresholds, judging)};
}

}  // namespace

Mismatch note_mismatch(const OutcomeFacts& facts, const Mismatch* same, std::string_view reported,
                       Instant now, bool ends_at_once, Change& change) {
  const Against found = against(facts, same);
  if (same == nullptr) {
    Mismatch raised{.device = facts.device,
                    .outcome = facts.outcome,
                    .reported = std::string{reported},
                    .platform = facts.report.platform,
                    .first_seen = now,
                    .last_seen = now,
                    .ended = {},
                    .ended_by = {},
                    .against = found,
                    .reported_text = facts.report.iccid.raw.value_or(""),
                    .leniencies = facts.report.leniencies,
                    .candidates = candidates_of(facts)};
    if (ends_at_once) {
      raised.state = MismatchState::cleared;
      raised.ended = now;
      raised.ended_by = "report";
    }
    change.writes.push_back(RaiseMismatch{raised});
    return raised;
  }
  Mismatch repeated = *same;
  ++repeated.count;
  if (now >= same->last_seen) {
    repeated.last_seen = now;
    repeated.platform = facts.report.platform;
  }
  RepeatMismatch repeat{repeated.key(), repeated.last_seen, repeated.count, repeated.platform};
  if (!facts.late && found != same->against) change_cause(repeated, found, repeat);
  change.writes.push_back(std::move(repeat));
  return repeated;
}

void note_clones(const MatchedCard& card, const DecisionInputs& inputs, const Policy& policy,
                 Instant now, Instant judging, Change& change) {
  for (const Mismatch& contesting : inputs.contested_by) {
    const auto reported = Iccid::from_canonical(contesting.reported);
    const auto matches = reported ? match(*reported, card.card.iccid) : std::nullopt;
    if (!matches) continue;
    Mismatch clone = contesting;
    RepeatMismatch repeat{clone.key(), clone.last_seen, clone.count, clone.platform};
    Against found = clone.against;
    found.suspect = Suspect::cloned;
    change_cause(clone, found, repeat);
    change.writes.push_back(std::move(repeat));
    if (policy.mute.has(event_kind(clone.outcome))) continue;
    MatchedCard matched = card;
    matched.match = *matches;
    change.events.push_back(stored_event(clone, matched, policy.alerts, now, judging));
  }
}

bool is_dismissed_unpublished(const std::optional<Mismatch>& mismatch, const Policy& policy) {
  return mismatch && mismatch->state == MismatchState::dismissed && !policy.publish_dismissed;
}

}  // namespace iotcard
