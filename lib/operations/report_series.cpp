// SPDX-License-Identifier: Apache-2.0
#include "operations/report_series.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

using Points = std::vector<std::optional<std::int64_t>>;

constexpr std::string_view ran = "received";  // has a row for each bucket in which a daemon ran

bool is_series(std::string_view metric) {
  for (const std::string_view plain : {"received", "accepted", "rejected"}) {
    if (metric == plain) return true;
  }
  constexpr std::string_view outcome = "outcome.";
  constexpr std::string_view leniency = "leniency.";
  if (metric.starts_with(leniency)) {
    return leniency_names.find(metric.substr(leniency.size())).has_value();
  }
  for (std::size_t i = 0; metric.starts_with(outcome) && i < outcome_count; ++i) {
    if (metric.substr(outcome.size()) == outcome_name(static_cast<Outcome>(i))) return true;
  }
  return false;
}

Instant whole_steps(Instant time, std::chrono::seconds step) {
  return Instant{time.time_since_epoch() / step * step};
}

OperationError wrong_series_parameter(const char* name, const std::string& message) {
  return OperationError::invalid(message, {ErrorKey::invalid_parameter, {{"name", name}}});
}

}  // namespace

SeriesQuery series_query_from(std::string_view metrics, std::string_view step, Instant since,
                              Instant now) {
  SeriesQuery query{.since = std::min(since, now)};
  for (const std::string_view part : split(metrics, ',')) {
    const std::string metric{trim(part)};
    if (!is_series(metric)) {
      throw wrong_series_parameter(
          "metric", fmt::format("metric: expected received, accepted, rejected, outcome.NAME or "
                                "leniency.NAME, with commas between them; not \"{}\"",
                                printable(metric)));
    }
    if (!contains(query.metrics, metric)) query.metrics.push_back(metric);
  }
  if (step == "1h") query.step = std::chrono::hours{1};
  if (step != "1h" && step != "5m") {
    throw wrong_series_parameter("step", "step: expected 5m or 1h");
  }
  if (query.since < now - series_kept) {
    throw wrong_series_parameter("since", "since: expected at most 7 days ago");
  }
  return query;
}

ReportCurves report_curves(SeriesStore& store, const SeriesQuery& query, Instant now) {
  ReportCurves curves{.from = whole_steps(query.since, query.step),
                      .until = whole_steps(now, query.step) + query.step,
                      .step = query.step};
  const auto step_at = [&](Instant time) {
    return static_cast<std::size_t>((time - curves.from) / query.step);
  };
  Points known(step_at(curves.until));
  for (const SeriesPoint& point : store.series(ran, curves.from, curves.until)) {
    known[step_at(point.from)] = 0;
  }
  for (const std::string& metric : query.metrics) {
    Points points = known;
    for (const SeriesPoint& point : store.series(metric, curves.from, curves.until)) {
      auto& sum = points[step_at(point.from)];
      sum = sum.value_or(0) + point.count;
    }
    curves.series.emplace_back(metric, std::move(points));
  }
  return curves;
}

void write_curves(JsonText& json, const ReportCurves& curves) {
  json.begin_object().member("from", curves.from).member("until", curves.until);
  json.member("step_seconds", std::int64_t{curves.step.count()}).key("series").begin_object();
  for (const auto& [metric, points] : curves.series) {
    json.key(metric).begin_array();
    for (const auto& point : points) {
      if (point) {
        json.integer(*point);
      } else {
        json.null();
      }
    }
    json.end_array();
  }
  json.end_object().end_object();
}

}  // namespace iotcard
