// SPDX-License-Identifier: Apache-2.0
// series_store.h - The port to counts of reports over time, in buckets of five minutes: enough for
// a curve of the last days without a monitoring system beside. Not a ledger: a daemon that crashes
// loses its last minute. One thread at a time; throws StoreError.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/transactional.h"

namespace iotcard {

inline constexpr std::chrono::minutes series_bucket{5};
inline constexpr std::chrono::days series_kept{7};

struct SeriesPoint {
  Instant from;  // the beginning of its bucket
  std::int64_t count = 0;
};

class SeriesStore : public virtual Transactional {
 public:
  using Counts = std::vector<std::pair<std::string, std::int64_t>>;  // by metric

  // Adds to the bucket that begins at `from`.
  virtual void add_series(Instant from, const Counts& counts) = 0;
  virtual void remove_series_before(Instant from) = 0;
  // In ascending order; buckets without a row of this metric are left out.
  virtual std::vector<SeriesPoint> series(std::string_view metric, Instant from, Instant until) = 0;
};

}  // namespace iotcard
