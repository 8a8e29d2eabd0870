// SPDX-License-Identifier: Apache-2.0
#include "api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace iotcard {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// 0 if nothing waits, or if the clock was turned back.
double age(std::optional<Instant> since, Instant now) {
  return since ? std::max(0.0, seconds(now - *since)) : 0.0;
}

std::int64_t count_of(const std::map<std::string, std::int64_t>& counts, std::string_view name) {
  const auto found = counts.find(std::string{name});
  return found == counts.end() ? 0 : found->second;
}

// The families in the order in which they are made.
class Families {
 public:
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
    ClientMetric metric;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Bounds.size(); ++i) {
      below += histogram.counts()[i];
      metric.histogram.bucket.push_back({below, Bounds[i]});
    }
    metric.histogram.bucket.push_back({histogram.count(), std::numeric_limits<double>::infinity()});
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum();
    family(MetricType::Histogram, name, help).metric.push_back(std::move(metric));
  }

  std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

 private:
  MetricFamily& family(MetricType type, const char* name, const char* help) {
    families_.push_back({name, help, type, {}});
    return families_.back();
  }
  static void add(MetricFamily& family, std::vector<ClientMetric::Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> families_;
};

std::vector<std::string_view> mismatch_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const std::string_view name = outcome_name(static_cast<Outcome>(i));
    if (name.starts_with("mismatch.")) names.push_back(name);
  }
  return names;
}

void show_daemon(Families& families, const LiveFacts& live) {
  families.gauge("iotcardd_build_info", "Always 1; the label says which program runs.", 1,
                 {{"version", live.version}});
  families.gauge("process_start_time_seconds", "When the daemon started, Unix time.",
                 seconds(live.started_at.time_since_epoch()));
  families.gauge("iotcardd_degraded", "1 while the daemon holds; its status topic says why.",
                 live.degraded);
  families.gauge("iotcardd_broker_connected", "1 while the daemon is connected to its broker.",
                 live.broker_connected);
}

void show_reports(Families& families, const LiveFacts& live) {
  const ReportCounts& reports = live.reports;
  families.counter("iotcardd_reports_received_total",
                   "Reports that were made safe in the intake journal.", live.received);
  families.counter("iotcardd_reports_accepted_total",
                   "Reports that were applied and could be read; each has an outcome.",
                   reports.outcomes.total());
  families.counters(
      "iotcardd_reports_rejected_total", "Reports that could not be read, by reason.", "reason",
      [](RejectionReason reason) { return rejection_reason_names[reason]; }, reports.rejected);
  families.counter("iotcardd_reports_deferred_total",
                   "Reports that gave way to those of other devices; each is applied later.",
                   reports.deferred);
  families.counters("iotcardd_outcomes_total", "Accepted reports, by what they came to.", "outcome",
                    outcome_name, reports.outcomes);
  families.counters(
      "iotcardd_leniencies_total", "Accepted reports that needed a repair, by its name.",
      "leniency", [](Leniency leniency) { return leniency_names[leniency]; }, reports.leniencies);
  families.counter("iotcardd_report_issues_total", "Fields of accepted reports that did not fit.",
                   reports.issues);
  families.histogram("iotcardd_apply_batch_reports", "Reports applied in one store transaction.",
                     reports.batch_reports);
  families.histogram("iotcardd_apply_batch_seconds",
                     "Time of one store transaction that applies reports, commit included.",
                     reports.batch_seconds);
}

void show_way(Families& families, const LiveFacts& live) {
  families.gauge("iotcardd_journal_waiting_bytes",
                 "Bytes in the intake journal that are not yet applied.", live.journal_bytes);
  families.gauge("iotcardd_journal_oldest_seconds",
                 "Age of the oldest report in the journal that is not yet applied; 0: none waits.",
                 age(live.journal_oldest, live.now));
  families.counter("iotcardd_events_published_total",
                   "Events that the broker acknowledged, those sent again once more.",
                   live.events_published);
  families.counter("iotcardd_events_refused_total",
                   "Events that the broker refused; each is sent again.", live.events_refused);
}

void show_queues(Families& families, const QueueStatistics& queues, Instant now) {
  families.gauge("iotcardd_deferred_reports",
                 "Reports in the store that wait behind those of other devices.",
                 queues.deferred_reports);
  families.gauge("iotcardd_deferred_oldest_seconds", "Age of the oldest of them; 0: none waits.",
                 age(queues.oldest_deferred, now));
  families.gauge("iotcardd_outbox_events", "Events that wait for the broker.",
                 queues.outbox_events);
  families.gauge("iotcardd_outbox_oldest_seconds",
                 "Age, by its own time, of the oldest event that waits; 0: none waits.",
                 age(queues.oldest_event, now));
}

void show_store(Families& families, const StoreStatistics& store) {
  families.gauges("iotcardd_cards", "Cards in the store, by status.", "status",
                  card_status_names.names, store.by_status);
  families.gauges("iotcardd_cards_abnormal",
                  "Abnormal cards, by reason; a card with two reasons counts for both.", "reason",
                  abnormal_names.names, store.by_reason);
  families.gauge("iotcardd_devices", "Devices that have reported or were bound.", store.devices);
  families.gauge("iotcardd_bindings_open", "Devices that are bound to a card.",
                 store.open_bindings);
  families.gauges("iotcardd_mismatches_open",
                  "Mismatches that wait for an operator, by outcome; not the dismissed ones.",
                  "outcome", mismatch_names(), store.open_mismatches);
  families.gauge("iotcardd_rejected_reports", "Rejected reports that are kept.", store.rejected);
}

}  // namespace

MetricsFacts gather_metrics(LiveFacts live, Store* store, const Context& context) {
  MetricsFacts facts{std::move(live), std::nullopt, std::nullopt};
  if (store == nullptr) return facts;
  try {
    facts.queues = describe_queues(*store, context, facts.live.events_acknowledged);
    facts.store = describe_statistics(*store, context);
  } catch (const StoreError&) {
    // iotcardd_store_readable says so.
  }
  return facts;
}

std::string metrics_text(const MetricsFacts& facts) {
  Families families;
  show_daemon(families, facts.live);
  families.gauge("iotcardd_store_readable",
                 "0 if the store could not be read just now; its figures are then missing.",
                 facts.store && facts.queues);
  show_reports(families, facts.live);
  show_way(families, facts.live);
  if (facts.queues) show_queues(families, *facts.queues, facts.live.now);
  if (facts.store) show_store(families, *facts.store);
  return families.text();
}

}  // namespace iotcard
