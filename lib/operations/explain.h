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

// Octets of the payload.
struct PayloadSpan {
  std::size_t offset;
  std::size_t length;
};

// What the daemon would do: "binding.created", "binding.confirmed", "binding.released",
// "mismatch.raised", "mismatch.counted" (it stands already), "mismatch.cleared", "card.judged".
struct ExplainedWrite {
  std::string kind;
  std::optional<DeviceKey> device;
  std::optional<Iccid> iccid;
};
struct ExplainedEvent {
  std::string type;  // as in the event: "iotcard.binding.created"
  std::string data;  // a JSON object
};

struct Explanation {
  ReportReading reading;
  std::optional<PayloadSpan> iccid_span{};  // of the ICCID as it came, without quotes
  std::optional<PayloadSpan> error_span{};  // of what cannot be read; length 0: the payload ends
  std::string pattern;                      // of the topic; "" if none matches
  // Why the ICCID cannot be used; some reasons are known with a store only.
  std::optional<IccidProblem> problem;
  std::optional<Outcome> outcome;  // only with a store
  std::optional<Match> match;
  std::optional<DeviceKey> holder;   // of the card that fits; only with a store
  std::optional<Iccid> bound;        // the card that the device has; only with a store
  std::optional<Suspect> suspect{};  // of card_in_use
  std::vector<Iccid> candidates;  // stored cards that the reported ICCID may be; only with a store
  std::vector<ExplainedWrite> writes{};  // only with a store, as the events
  std::vector<ExplainedEvent> events{};  // that would be published, in this order

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
