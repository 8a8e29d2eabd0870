// SPDX-License-Identifier: Apache-2.0
// decision_events.h - The "data" member of the events that decisions publish, as JSON text.
// schemas/event.schema.json describes it. For decision.cpp only. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/decision.h"

namespace iotcard {

struct OutcomeFacts {
  const DeviceKey& device;
  const DeviceReport& report;
  const DecisionInputs& inputs;  // before the decision's writes
  Outcome outcome;
  const MatchedCard* card;  // the matching one, or null
  std::optional<IccidProblem> problem;
  std::optional<Mismatch> mismatch{};  // with the count that includes this report
  std::string_view resolved{};         // "" unless the policy resolved it
  bool late = false;
  std::string_view holder_imei{};  // of the device that will hold the card
};

std::string outcome_data(const OutcomeFacts& facts, const AlertThresholds& thresholds, Instant now);
std::string bound_by_operator_data(const DeviceKey& device, const MatchedCard& card,
                                   const AlertThresholds& thresholds, const std::string& by,
                                   Instant now);
std::string released_data(const Binding& binding, const std::string& by, Instant now);
std::string cleared_data(const Mismatch& mismatch, MismatchState state, const std::string& by,
                         const std::string& reason);
std::string card_data(const MatchedCard& card, AbnormalReasons reasons);

}  // namespace iotcard
