// SPDX-License-Identifier: Apache-2.0
// metric_families.h - The families of one scrape, in the order in which they are made, and what
// they look like as Prometheus' text. Only for the source files of metrics.h, as it names
// prometheus-cpp. One thread at a time.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "domain/report_counts.h"
#include "operations/webhook_operations.h"

namespace iotcard {

struct MetricsFacts;

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class MetricFamilies {
 public:
  // Valid until the next family is made.
  MetricFamily& family(MetricType type, const char* name, const char* help) {
    families_.push_back({name, help, type, {}});
    return families_.back();
  }
  template <typename Number>
  void counter(const char* name, const char* help, Number value) {
    add(family(MetricType::Counter, name, help), {}, static_cast<double>(value));
  }
  template <typename Number>
  void gauge(const char* name, const char* help, Number value,
             std::vector<ClientMetric::Label> labels = {}) {
    add(family(MetricType::Gauge, name, help), std::move(labels), static_cast<double>(value));
  }
  // One series for each value of an enum, labelled `name_of(value)`.
  template <typename Enum, std::size_t Size, typename NameOf>
  void counters(const char* name, const char* help, const char* label, const NameOf& name_of,
                const Tally<Enum, Size>& tally) {
    MetricFamily& made = family(MetricType::Counter, name, help);
    for (std::size_t i = 0; i < Size; ++i) {
      const auto value = static_cast<Enum>(i);
      add(made, {{label, std::string{name_of(value)}}}, static_cast<double>(tally[value]));
    }
  }
  template <typename Names>
  void gauges(const char* name, const char* help, const char* label, const Names& names,
              const std::map<std::string, std::int64_t>& counts) {
    MetricFamily& made = family(MetricType::Gauge, name, help);
    for (const std::string_view value : names) {
      add(made, {{label, std::string{value}}}, static_cast<double>(count_of(counts, value)));
    }
  }
  template <const auto& Bounds>
  void histogram(const char* name, const char* help, const Histogram<Bounds>& histogram) {
    family(MetricType::Histogram, name, help).metric.push_back(metric_of(histogram));
  }
  // One series for each element of a map of platforms; `series` adds the metrics of one.
  template <typename Map, typename Series>
  void platforms(MetricType type, const char* name, const char* help, const Map& map,
                 const Series& series) {
    if (map.empty()) return;
    MetricFamily& made = family(type, name, help);
    for (const auto& [id, value] : map) series(made, std::to_string(id), value);
  }
  template <typename Map, typename ValueOf>
  void platform_values(MetricType type, const char* name, const char* help, const Map& map,
                       const ValueOf& value_of) {
    platforms(type, name, help, map,
              [&](MetricFamily& family, const std::string& id, const auto& value) {
                add(family, {{"platform", id}}, static_cast<double>(std::invoke(value_of, value)));
              });
  }
  template <typename ValueOf>
  void webhooks(MetricType type, const char* name, const char* help,
                const std::vector<WebhookFacts>& webhooks, const ValueOf& value_of) {
    if (webhooks.empty()) return;
    MetricFamily& made = family(type, name, help);
    for (const WebhookFacts& facts : webhooks) {
      add(made, {{"webhook", facts.row.name}}, static_cast<double>(value_of(facts)));
    }
  }
  void webhook_states(const char* name, const char* help,
                      const std::vector<WebhookFacts>& webhooks) {
    if (webhooks.empty()) return;
    MetricFamily& made = family(MetricType::Gauge, name, help);
    for (const WebhookFacts& facts : webhooks) {
      for (const std::string_view state : webhook_state_names.names) {
        add(made, {{"webhook", facts.row.name}, {"state", std::string{state}}},
            webhook_state_names[state_of(facts)] == state ? 1 : 0);
      }
    }
  }
  static void add(MetricFamily& family, std::vector<ClientMetric::Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }
  template <const auto& Bounds>
  static ClientMetric metric_of(const Histogram<Bounds>& histogram) {
    ClientMetric metric;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Bounds.size(); ++i) {
      below += histogram.counts()[i];
      metric.histogram.bucket.push_back({below, Bounds[i]});
    }
    metric.histogram.bucket.push_back({histogram.count(), std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum();
    return metric;
  }

  std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

 private:
  static std::int64_t count_of(const std::map<std::string, std::int64_t>& counts,
                               std::string_view name) {
    const auto found = counts.find(std::string{name});
    return found == counts.end() ? 0 : found->second;
  }
  std::vector<MetricFamily> families_;
};

// service_metrics.cpp: the process and the API; no report, no card.
void add_process(MetricFamilies& families, const MetricsFacts& facts);
void add_api(MetricFamilies& families, const MetricsFacts& facts);

}  // namespace iotcard
