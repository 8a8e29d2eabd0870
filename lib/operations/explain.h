// SPDX-License-Identifier: Apache-2.0
// explain.h - What the daemon would make of one payload, without changing anything: the same
// reading, lookup and decision as the applier's. With no store, only the reading.
// Throws StoreError. On the store's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/topic_pattern.h"
#include "operations/operation.h"

namespace iotcard {

struct Explanation {
  ReportReading reading;
  // What makes the ICCID unusable, the store's knowledge included.
  std::optional<IccidProblem> problem;
  std::optional<Outcome> outcome;  // only with a store
  std::optional<Match> match;
  std::vector<Iccid> candidates;  // that the reported ICCID may stand for; only with a store

  bool accepted() const { return std::holds_alternative<DeviceReport>(reading); }
};

// `topic` names the device by one of the patterns; nullopt: some device that nobody has seen yet.
// `store` may be null.
Explanation explain(Store* store, const Context& context, std::string_view payload,
                    const std::optional<std::string>& topic,
                    const std::vector<TopicPattern>& patterns);

// The contract of `iotcardctl explain --json`: one object on one line.
std::string explanation_json(const Explanation& explanation);

}  // namespace iotcard
