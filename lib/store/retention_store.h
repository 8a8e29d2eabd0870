// SPDX-License-Identifier: Apache-2.0
// retention_store.h - The port that deletes what grows with time and what no rule needs for ever.
// It lists candidates and deletes them; upkeep/retention_sweeper.h chooses.
// One thread at a time; throws StoreError.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "domain/device.h"
#include "store/transactional.h"

namespace iotcard {

enum class RetentionKind : std::uint8_t {
  rejected_reports,
  bindings,      // ended ones
  mismatches,    // ended ones
  devices,       // without a binding
  card_changes,  // entries of the change logs of cards
};
inline constexpr std::array retention_kinds = {RetentionKind::rejected_reports,
                                               RetentionKind::bindings, RetentionKind::mismatches,
                                               RetentionKind::devices, RetentionKind::card_changes};
struct Volume {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // of topics and payloads; counted for rejected reports only
  Volume& operator+=(const Volume& more) {
    rows += more.rows;
    bytes += more.bytes;
    return *this;
  }
};
struct RetentionRange {
  std::int64_t after_id = 0;
  std::int64_t ids = 0;  // how many ids to look at
  int max_rows = 0;
};
struct ExpiredRow {
  std::int64_t id = 0;
  // When it ended; of a device its last report, or the end of its last binding.
  std::optional<Instant> at;
  std::int64_t bytes = 0;  // as in Volume
  // Deleted last when a limit is exceeded: a device with several reports, a quarantined report.
  bool keep_longest = false;
  std::optional<DeviceKey> device;  // of RetentionKind::devices
};
struct ExpiredRows {
  std::vector<ExpiredRow> rows;  // by ascending id
  std::int64_t next_cursor = 0;  // continue behind this id; 0: the end has been reached
};

class RetentionStore : public virtual Transactional {
 public:
  virtual Volume expired_volume(RetentionKind kind) = 0;  // reads all of it
  virtual ExpiredRows expired_rows(RetentionKind kind, const RetentionRange& range) = 0;
  virtual void remove_expired(RetentionKind kind, std::int64_t id) = 0;  // not of devices
  // With its ended bindings and its mismatches. Throws StoreError (conflict) if it is bound.
  virtual void remove_device(const DeviceKey& device) = 0;
};

}  // namespace iotcard
