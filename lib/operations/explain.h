// SPDX-License-Identifier: Apache-2.0
// explain.h - How the daemon would read and decide one payload, by the same functions as the
// applier. Changes nothing. Without a store, only how it is read. Throws StoreError. On the store's
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

struct Explanation {
  ReportReading reading;
  std::string pattern;  // of the topic; "" if none matches
  // Why the ICCID cannot be used; some reasons are known with a store only.
  std::optional<IccidProblem> problem;
  std::optional<Outcome> outcome;  // only with a store
  std::optional<Match> match;
  std::optional<DeviceKey> holder;   // of the card that fits; only with a store
  std::optional<Iccid> bound;        // the card that the device has; only with a store
  std::optional<Suspect> suspect{};  // of card_in_use
  std::vector<Iccid> candidates;  // stored cards that the reported ICCID may be; only with a store

  bool accepted() const { return std::holds_alternative<DeviceReport>(reading); }
};

// The topic to which a device reports: the one that it used last, or what the configured pattern
// makes of it. Throws OperationError (invalid) if no pattern can name such a device.
std::string report_topic(ListStore* store, const Context& context, const DeviceKey& device);

// `topic` names the device and the source; nullopt: a device that has never reported, of the first
// source. `store` may be null.
Explanation explain(Store* store, const Context& context, std::string_view payload,
                    const std::optional<std::string>& topic);

// The contract of `iotcardctl explain --json`: one object on one line.
std::string explanation_json(const Explanation& explanation);

}  // namespace iotcard
