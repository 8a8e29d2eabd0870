// SPDX-License-Identifier: Apache-2.0
// operation.h - What every operation of an operator shares: in whose name and by which rules it
// acts, and how it says no. An operation is a function over a Store: one transaction, the same
// domain functions and the same outbox as a report's, so a running daemon publishes its events.
// Not a face: the command line and the HTTP API both call these. On the store's thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "domain/decision.h"
#include "domain/device_report.h"
#include "store/store.h"

namespace iotcard {

struct Context {
  std::string client_id = "iotcardd";  // whose outbox the events go to
  Policy policy;
  ReadOptions read;             // for a device's last report, read again
  std::string by = "operator";  // who acts
  Instant now{};
};

// What was asked for cannot be done; the message says why and what can. Nothing has changed.
class OperationError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    not_found,  // no such card, device or mismatch
    conflict,   // something else stands in the way
    invalid,    // the request itself makes no sense
  };
  OperationError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// An ICCID as an operator types it, as forgiving as with a report's. Throws OperationError.
Iccid iccid_from_operator(std::string_view text);
// Throws OperationError if the store has no such card.
StoredCard require_card(Store& store, const Iccid& iccid);

void apply_change(Store& store, const Context& context, const Change& change);

}  // namespace iotcard
