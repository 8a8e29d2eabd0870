// SPDX-License-Identifier: Apache-2.0
// replay_store.h - The port for deciding old reports again.
// One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "store/report_store.h"

namespace iotcard {

class Store;

class ReplayStore : public virtual Transactional {
 public:
  virtual std::vector<RejectedReport> list_rejected_after(std::int64_t after_id,
                                                          int limit) = 0;  // oldest first
  virtual bool remove_rejected(std::int64_t id) = 0;                       // false: there is none
  // The last report of a device, read or decided differently: it is not counted again. Nothing
  // happens if the device has reported at another time since.
  virtual void revise_report(const DeviceKey& device, const LastReport& report) = 0;
  // A copy of the whole store to try things on; deleted with the object. Blocks nobody.
  virtual std::unique_ptr<Store> scratch_copy() = 0;
};

}  // namespace iotcard
