// SPDX-License-Identifier: Apache-2.0
// mismatch_operations.h - An operator looks at a mismatch, accepts it, so that the binding follows
// the report, dismisses it until its cause changes, or opens a dismissed one again. Each is one
// transaction with its events; mismatch_batch.h does the same for many. Throws OperationError and
// StoreError. On the store's thread.
#pragma once

#include "operations/listing.h"
#include "operations/reevaluate.h"

namespace iotcard {

struct Acceptance {
  Mismatch mismatch;  // as it was
  Binding binding;    // the open one that followed
  bool card_added = false;
  bool bound = false;               // the binding was made; false: it was there already
  std::vector<Binding> released{};  // that stood in the way, and have ended
};

// What accepting would do.
struct AcceptancePlan {
  std::string obstacle{};  // why it cannot be accepted; "": it can, and `card` is set
  std::optional<Iccid> card{};
  bool card_added = false;
  std::optional<std::int64_t> new_platform{};  // the card moves to this one
  bool bound = false;                          // a binding is made; false: there is one already
  std::vector<Binding> ended{};                // bindings that stand in the way
  std::vector<Iccid> choices{};                // where several cards fit
};
// Changes nothing. `card` as for accept_mismatch().
AcceptancePlan plan_acceptance(Store& store, const Mismatch& mismatch,
                               const std::optional<Iccid>& card = {});

struct MismatchDetails {
  Mismatch mismatch;
  std::optional<DeviceRow> device;  // with its last report
  std::vector<StoredCard> cards;    // that fit what was reported, as they are now
  std::optional<StoredCard> bound;  // the card that the device has now
  AcceptancePlan accept;
};
MismatchDetails describe_mismatch(Store& store, std::int64_t id);

// Why an operator settles it; at most so many characters, without control characters.
inline constexpr std::size_t max_reason_characters = 500;
void check_reason(const std::string& reason);

// `card` chooses among the cards that fit an iccid_ambiguous; absent for other mismatches.
Acceptance accept_mismatch(Store& store, const Context& context, std::int64_t id,
                           const std::optional<Iccid>& card, const std::string& reason = {});
Mismatch dismiss_mismatch(Store& store, const Context& context, std::int64_t id,
                          const std::string& reason = {});
// Of a dismissed one; its event is published once more.
Mismatch reopen_mismatch(Store& store, const Context& context, std::int64_t id);

// Inside the caller's transaction.
Acceptance accept_within(Store& store, const Context& context, std::int64_t id,
                         const std::optional<Iccid>& card, const std::string& reason);
Mismatch dismiss_within(Store& store, const Context& context, std::int64_t id,
                        const std::string& reason);
Mismatch reopen_within(Store& store, const Context& context, std::int64_t id);

}  // namespace iotcard
