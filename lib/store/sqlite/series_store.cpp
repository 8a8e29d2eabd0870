// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

void SqliteSeriesStore::add_series(Instant from, const Counts& counts) {
  for (const auto& [metric, count] : counts) {
    connection_.run(
        "INSERT INTO report_series (bucket, metric, count) VALUES (?, ?, ?) "
        "ON CONFLICT (bucket, metric) DO UPDATE SET count = count + excluded.count",
        from, metric, count);
  }
}

void SqliteSeriesStore::remove_series_before(Instant from) {
  connection_.run("DELETE FROM report_series WHERE bucket < ?", from);
}

std::vector<SeriesPoint> SqliteSeriesStore::series(std::string_view metric, Instant from,
                                                   Instant until) {
  return connection_.all(
      [](Query& row) {
        return SeriesPoint{row.time(), row.integer()};
      },
      "SELECT bucket, count FROM report_series WHERE bucket >= ? AND bucket < ? AND metric = ? "
      "ORDER BY bucket",
      from, until, metric);
}

}  // namespace iotcard::sqlite
