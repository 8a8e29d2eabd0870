// SPDX-License-Identifier: Apache-2.0
// mismatch_rules.h - How decide() raises a mismatch, counts its reports, finds out that its cause
// has changed, and tells a moved card from a cloned one. For decision.cpp only. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "domain/decision_events.h"

namespace iotcard {

// Raises the mismatch, or counts one more report of the same, which opens a dismissed one again if
// its cause has changed. `ends_at_once`: it is raised as one that a newer report has cleared.
Mismatch note_mismatch(const OutcomeFacts& facts, const Mismatch* same, std::string_view reported,
                       Instant now, bool ends_at_once, Change& change);
// The device reports, at `now`, the card that it holds and that others have reported: they are
// clones from then on. `judging`: when the card is judged.
void note_clones(const MatchedCard& card, const DecisionInputs& inputs, const Policy& policy,
                 Instant now, Instant judging, Change& change);
// True for a dismissed mismatch whose reports count and publish nothing.
bool is_dismissed_unpublished(const std::optional<Mismatch>& mismatch, const Policy& policy);

}  // namespace iotcard
