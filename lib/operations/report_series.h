// SPDX-License-Identifier: Apache-2.0
// report_series.h - Reports over time, for a curve: what upkeep/report_series.h saved. Throws
// OperationError (invalid) and StoreError. On the store's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "operations/operation.h"

namespace iotcard {

struct SeriesQuery {
  std::vector<std::string> metrics{};
  Instant since{};
  std::chrono::seconds step{series_bucket};
};
// `metrics`: names with commas between them; `step`: "5m" or "1h". `since` is at most 7 days ago.
SeriesQuery series_query_from(std::string_view metrics, std::string_view step, Instant since,
                              Instant now);

struct ReportCurves {
  Instant from{};   // whole steps
  Instant until{};  // the end of the step that is now
  std::chrono::seconds step{};
  // By metric, a number for each step; absent where no daemon counted.
  std::vector<std::pair<std::string, std::vector<std::optional<std::int64_t>>>> series{};
};
ReportCurves report_curves(SeriesStore& store, const SeriesQuery& query, Instant now);

// {"from":T,"until":T,"step_seconds":300,"series":{"received":[12,null]}}
void write_curves(JsonText& json, const ReportCurves& curves);

}  // namespace iotcard
