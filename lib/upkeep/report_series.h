// SPDX-License-Identifier: Apache-2.0
// report_series.h - Saves how many reports came and what became of them, by five minutes, for a
// curve of the last days. Works on counters that are kept anyway, and writes at most once a minute
// and at the end of a bucket, so a report costs nothing more. The applier's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/problem.h"
#include "domain/report_counts.h"
#include "store/series_store.h"

namespace iotcard {

// Since the start of the program.
struct ReportTotals {
  std::uint64_t received = 0;
  ReportCounts counts{};
};

// Its metrics: "received", "accepted", "rejected", "outcome.NAME", "leniency.NAME".
class ReportSeries {
 public:
  using Read = std::function<ReportTotals()>;

  ReportSeries(SeriesStore& store, Read read) : store_(store), read_(std::move(read)) {}

  // Call it often. What the store throws is returned, and tried again a minute later.
  Check step(Instant now);
  // What was counted until now; throws StoreError.
  void save(Instant now);

 private:
  SeriesStore& store_;
  const Read read_;
  ReportTotals saved_{};
  std::optional<Instant> bucket_{};  // that is being counted
  Instant saved_at_{};
};

}  // namespace iotcard
