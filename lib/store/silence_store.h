// SPDX-License-Identifier: Apache-2.0
// silence_store.h - The port to devices that do not report: those that may have become silent, and
// the mark of those that have. upkeep/silence_monitor.h decides; ReportStore::write() takes the
// mark away. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "domain/device.h"
#include "store/transactional.h"

namespace iotcard {

// A device that is not marked silent.
struct WatchedDevice {
  std::int64_t id = 0;  // the store's
  DeviceKey device;
  std::optional<Instant> last_seen;  // nullopt: no report has come but retained ones
  Instant seen_from;                 // last_seen is not before this, unless the clock was set back
};

class SilenceStore : public virtual Transactional {
 public:
  // Devices with `seen_from` at or before `until`; only if there are none, devices with `seen_from`
  // after `now`.
  virtual std::vector<WatchedDevice> devices_to_check(Instant until, Instant now, int limit) = 0;
  virtual void set_seen_from(std::int64_t id, Instant seen_from) = 0;
  virtual void mark_silent(std::int64_t id, Instant since) = 0;
  // Takes the mark from so many devices; returns how many had one.
  virtual std::int64_t forget_silence(int limit) = 0;
};

}  // namespace iotcard
