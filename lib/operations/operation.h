// SPDX-License-Identifier: Apache-2.0
// operation.h - What all operations of operators share: the context they act in and the error they
// throw. An operation is a function over a Store: one transaction, with the same domain functions
// and the same outbox as for a report, so that a running daemon publishes its events. The command
// line and the HTTP API both call operations. On the store's thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "domain/decision.h"
#include "domain/report_source.h"
#include "operations/error_key.h"
#include "store/store.h"

namespace iotcard {

struct Context {
  std::string client_id = "iotcardd";  // whose outbox the events go to
  Policy policy;
  ReportSources sources{};      // for reading a report again
  std::string by = "operator";  // who acts
  Instant now{};
  // The cards come from a daemon, and their `announced` is why it calls them abnormal now. For
  // reading only.
  bool judged_by_daemon = false;
};

// Why a card is abnormal now.
AbnormalReasons reasons_of(const StoredCard& stored, const Context& context);

// The request cannot be done; the message says why and what can be done. Nothing has changed.
class OperationError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    not_found,  // no such card, device or mismatch
    conflict,   // the state of the store forbids it
    outdated,   // what is to be changed is not any more what the caller has seen
    invalid,    // the request makes no sense in any state
  };
  OperationError(Kind kind, const std::string& what, ErrorCause cause)
      : std::runtime_error(what), kind_(kind), cause_(std::move(cause)) {}
  static OperationError not_found(const std::string& what,
                                  ErrorCause cause = {ErrorKey::not_found}) {
    return {Kind::not_found, what, std::move(cause)};
  }
  static OperationError conflict(const std::string& what, ErrorCause cause = {ErrorKey::conflict}) {
    return {Kind::conflict, what, std::move(cause)};
  }
  static OperationError outdated(const std::string& what,
                                 ErrorCause cause = {ErrorKey::changed_meanwhile}) {
    return {Kind::outdated, what, std::move(cause)};
  }
  static OperationError invalid(const std::string& what,
                                ErrorCause cause = {ErrorKey::invalid_request}) {
    return {Kind::invalid, what, std::move(cause)};
  }

  Kind kind() const { return kind_; }
  const ErrorCause& cause() const { return cause_; }  // the same for programs

 private:
  Kind kind_;
  ErrorCause cause_;
};

// Repairs what an operator typed as the ICCID of a report is repaired. Throws OperationError.
Iccid iccid_from_operator(std::string_view text);
// The stored card that this ICCID names: exactly, otherwise the only one that is the same card in
// its other spelling, of 19 or 20 characters; its own ICCID and `match` say which. Throws
// OperationError: not_found, or a conflict that names all of them where several are.
StoredCard require_card(CardStore& store, const Iccid& iccid);
// Several stored cards fit this ICCID.
ErrorCause ambiguous_iccid(std::string_view iccid, const std::vector<StoredCard>& candidates);
// "card A", or "card A (named as B)" if somebody named the card by another spelling than its own.
std::string named_card(const Iccid& stored, const Iccid& named);

void apply_change(ReportStore& store, const Context& context, const Change& change);

}  // namespace iotcard
