// SPDX-License-Identifier: Apache-2.0
// binding_store.h - The port to single bindings and mismatches: whom a device or card is bound to,
// its history, and the mismatches that a change may resolve. Bindings and mismatches are written by
// ReportStore::write(). One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/decision.h"
#include "store/transactional.h"

namespace iotcard {

class BindingStore : public virtual Transactional {
 public:
  virtual std::optional<Binding> binding_of(const DeviceKey& device) = 0;  // the open one
  // Newest first.
  virtual std::vector<Binding> binding_history(const DeviceKey& device, int limit) = 0;
  virtual std::vector<Binding> binding_history(const Iccid& iccid, int limit) = 0;

  virtual std::optional<Mismatch> find_mismatch(std::int64_t id) = 0;
  // Standing mismatches that name this card, in its 19- or 20-character spelling, or a device that
  // is bound to it.
  virtual std::vector<Mismatch> mismatches_about(const Iccid& iccid) = 0;
  // Standing mismatches card_unknown whose ICCID now matches a stored card, by ascending id.
  virtual std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) = 0;
};

}  // namespace iotcard
