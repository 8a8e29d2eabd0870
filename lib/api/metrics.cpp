// SPDX-License-Identifier: Apache-2.0
#include "api/metrics.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "api/metric_families.h"

// Ends the help of what StoreFigures count.
#define UP_TO_A_MINUTE_OLD " At most a minute old."

namespace iotcard {
namespace {

double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// 0 if nothing waits, or if the clock was turned back.
double age(std::optional<Instant> since, Instant now) {
  return since ? std::max(0.0, to_seconds(now - *since)) : 0.0;
}

std::vector<std::string_view> mismatch_names() {
  std::vector<std::string_view> names;
  for (const Outcome outcome : mismatch_outcomes) names.push_back(outcome_name(outcome));
  return names;
}

void add_daemon(MetricFamilies& families, const LiveFacts& live) {
  families.gauge("iotcardd_build_info", "Always 1; the label says which program runs.", 1,
                 {{"version", live.version}});
  families.gauge("iotcardd_degraded", "1 while the daemon holds; its status topic says why.",
                 live.degraded);
  families.gauge("iotcardd_broker_connected", "1 while the daemon is connected to its broker.",
                 live.broker_connected);
  families.counter("iotcardd_broker_connections_total",
                   "Connections to the broker that were established.", live.broker_connections);
  families.counter("iotcardd_broker_takeovers_total",
                   "Connections that the broker ended since another client connected with the same "
                   "client id; only MQTT 5 tells.",
                   live.broker_takeovers);
}

void add_reports(MetricFamilies& families, const LiveFacts& live) {
  const ReportCounts& reports = live.reports;
  families.counter("iotcardd_reports_received_total",
                   "Reports that were written to the intake journal.", live.received);
  families.counter("iotcardd_reports_accepted_total",
                   "Reports that were applied and could be read; each has an outcome.",
                   reports.outcomes.total());
  families.counters(
      "iotcardd_reports_rejected_total", "Reports that could not be read, by reason.", "reason",
      [](RejectionReason reason) { return rejection_reason_names[reason]; }, reports.rejected);
  families.counter(
      "iotcardd_reports_deferred_total",
      "Reports that were deferred behind those of other devices; each is applied later.",
      reports.deferred);
  families.counters("iotcardd_outcomes_total", "Accepted reports, by outcome.", "outcome",
                    outcome_name, reports.outcomes);
  families.counters(
      "iotcardd_leniencies_total", "Accepted reports that needed a repair, by its name.",
      "leniency", [](Leniency leniency) { return leniency_names[leniency]; }, reports.leniencies);
  families.counter("iotcardd_report_issues_total",
                   "Fields of accepted reports with an unusable value.", reports.issues);
  families.histogram("iotcardd_apply_batch_reports", "Reports applied in one store transaction.",
                     reports.batch_reports);
  families.histogram("iotcardd_apply_batch_seconds",
                     "Time of one store transaction that applies reports, commit included.",
                     reports.batch_seconds);
}

void add_path(MetricFamilies& families, const LiveFacts& live) {
  families.gauge("iotcardd_journal_waiting_bytes",
                 "Bytes in the intake journal that are not yet applied.", live.journal_bytes);
  families.gauge("iotcardd_journal_max_bytes",
                 "intake.max_backlog: shortly before that many bytes wait, the daemon disconnects.",
                 live.journal_max_bytes);
  families.gauge("iotcardd_journal_oldest_seconds",
                 "Age of the oldest report in the journal that is not yet applied; 0: none waits.",
                 age(live.journal_oldest, live.now));
  families.counter("iotcardd_events_published_total",
                   "Events that the broker acknowledged; one that was sent twice counts twice.",
                   live.events_published);
  families.counter("iotcardd_events_refused_total",
                   "Events that the broker refused; each is sent again.", live.events_refused);
  families.counter("iotcardd_events_quarantined_total",
                   "Events that were quarantined, since the broker will not take them.",
                   live.events_quarantined);
}

void add_queues(MetricFamilies& families, const MetricsFacts::Stored& stored, Instant now) {
  families.gauge("iotcardd_deferred_reports",
                 "Reports in the store that wait behind those of other devices." UP_TO_A_MINUTE_OLD,
                 stored.figures->deferred_reports);
  families.gauge("iotcardd_deferred_oldest_seconds",
                 "Age of the oldest deferred report; 0: there is none.",
                 age(stored.queues.oldest_deferred, now));
  families.gauge("iotcardd_outbox_events", "Events that wait for the broker.",
                 stored.queues.outbox_events);
  families.gauge("iotcardd_outbox_oldest_seconds",
                 "Age, by its own time, of the oldest event that waits; 0: none waits.",
                 age(stored.queues.oldest_event, now));
}

void add_store(MetricFamilies& families, const StoreStatistics& store) {
  families.gauges("iotcardd_cards", "Cards in the store, by status." UP_TO_A_MINUTE_OLD, "status",
                  card_status_names.names, store.by_status);
  families.gauges(
      "iotcardd_cards_abnormal",
      "Abnormal cards, by reason; a card with two reasons counts for both." UP_TO_A_MINUTE_OLD,
      "reason", abnormal_names.names, store.by_reason);
  families.gauge("iotcardd_devices", "Devices that have reported or were bound." UP_TO_A_MINUTE_OLD,
                 store.devices);
  families.gauge("iotcardd_bindings_open", "Devices that are bound to a card." UP_TO_A_MINUTE_OLD,
                 store.open_bindings);
  families.gauges("iotcardd_mismatches_open",
                  "Mismatches that wait for an operator, by outcome, without the dismissed "
                  "ones." UP_TO_A_MINUTE_OLD,
                  "outcome", mismatch_names(), store.open_mismatches);
  families.gauges("iotcardd_mismatches_open_suspected",
                  "Open mismatches card_in_use, by what is suspected of the "
                  "card." UP_TO_A_MINUTE_OLD,
                  "suspect", suspect_names.names, store.open_suspects);
  families.gauge("iotcardd_rejected_reports", "Rejected reports that are kept." UP_TO_A_MINUTE_OLD,
                 store.rejected);
  families.gauge("iotcardd_silent_devices",
                 "Devices that have not reported for [alerts] device_silent." UP_TO_A_MINUTE_OLD,
                 store.silent_devices);
  families.gauge("iotcardd_quarantined_events",
                 "Quarantined events that are kept." UP_TO_A_MINUTE_OLD, store.quarantined);
}

void add_size(MetricFamilies& families, const MetricsFacts::Stored& stored, Instant now) {
  const StoreLog& log = stored.log;
  families.gauge("iotcardd_store_bytes", "Size of the store, without its write-ahead log.",
                 stored.bytes);
  families.gauge(
      "iotcardd_store_log_bytes",
      "Size of the store's write-ahead log. It is truncated when it is longer than 8 MiB "
      "and no report waits.",
      log.bytes);
  families.gauge("iotcardd_store_log_blocked_seconds",
                 "For how long readers have kept the write-ahead log from being reset; 0: it can "
                 "be.",
                 age(log.blocked_since, now));
}

using Labels = std::vector<ClientMetric::Label>;

void add_calls(MetricFamilies& families, const std::map<std::int64_t, PlatformCounts>& platforms) {
  families.platform_values(MetricType::Counter, "iotcardd_platform_calls_total",
                           "HTTP requests to a card platform, log-ins among them.", platforms,
                           &PlatformCounts::calls);
  families.platforms(
      MetricType::Counter, "iotcardd_platform_errors_total",
      "HTTP requests to a card platform that failed, by kind.", platforms,
      [](MetricFamily& family, const std::string& id, const PlatformCounts& counts) {
        for (std::size_t i = 0; i < counts.faults.size(); ++i) {
          Labels labels{{"platform", id}, {"kind", std::string{service_fault_names.names[i]}}};
          MetricFamilies::add(family, std::move(labels), static_cast<double>(counts.faults[i]));
        }
      });
  families.platforms(MetricType::Histogram, "iotcardd_platform_call_seconds",
                     "Time of one request to a card platform, until the end of its answer.",
                     platforms,
                     [](MetricFamily& family, const std::string& id, const PlatformCounts& counts) {
                       ClientMetric metric = MetricFamilies::metric_of(counts.seconds);
                       metric.label = {{"platform", id}};
                       family.metric.push_back(std::move(metric));
                     });
  families.platforms(
      MetricType::Counter, "iotcardd_platform_answers_total",
      "Cards that a platform was asked about, by its answer.", platforms,
      [](MetricFamily& family, const std::string& id, const PlatformCounts& counts) {
        const std::pair<const char*, std::uint64_t> answers[] = {
            {"found", counts.found}, {"not_found", counts.not_found}, {"failed", counts.failed}};
        for (const auto& [answer, count] : answers) {
          Labels labels{{"platform", id}, {"answer", answer}};
          MetricFamilies::add(family, std::move(labels), static_cast<double>(count));
        }
      });
  families.platform_values(MetricType::Counter, "iotcardd_platform_unknown_values_total",
                           "Values, such as a status, that the platform's profile does not map.",
                           platforms, &PlatformCounts::unknown_values);
}

void add_platforms(MetricFamilies& families, const MetricsFacts::Stored& stored, Instant now) {
  std::map<std::int64_t, PlatformFacts> by_id;
  for (const PlatformRow& row : stored.platforms) {
    const auto counted = stored.figures->platforms.find(row.id);
    const bool known = counted != stored.figures->platforms.end();
    by_id[row.id] = {.row = row, .age = known ? counted->second : PlatformAge{}, .asked_by = {}};
  }
  const auto gauge = [&](const char* name, const char* help, const auto& value_of) {
    families.platform_values(MetricType::Gauge, name, help, by_id, value_of);
  };
  gauge("iotcardd_platform_failing", "1 while the platform does not answer as it should.",
        [](const PlatformFacts& facts) { return state_of(facts) == PlatformState::failing; });
  gauge("iotcardd_platform_cards", "Cards of the platform." UP_TO_A_MINUTE_OLD,
        [](const PlatformFacts& facts) { return facts.age.cards; });
  gauge("iotcardd_platform_cards_unasked",
        "Cards of the platform that were never asked about, or are to be next." UP_TO_A_MINUTE_OLD,
        [](const PlatformFacts& facts) { return facts.age.never; });
  gauge("iotcardd_platform_cards_held_back",
        "Cards that the platform does not find any more and that keep their state.",
        [](const PlatformFacts& facts) { return facts.row.round.held; });
  gauge("iotcardd_platform_oldest_seconds",
        "Time since the stalest of its other cards was asked about; 0: there is "
        "none." UP_TO_A_MINUTE_OLD,
        [now](const PlatformFacts& facts) { return age(facts.age.oldest, now); });
}

// Nothing if there is no webhook.
void add_webhooks(MetricFamilies& families, const std::vector<WebhookFacts>& webhooks) {
  const auto add = [&](MetricType type, const char* name, const char* help, const auto& value_of) {
    families.webhooks(type, name, help, webhooks, value_of);
  };
  add(MetricType::Counter, "iotcardd_webhook_sent_total", "Events that the receiver took.",
      [](const WebhookFacts& facts) { return facts.row.sent; });
  add(MetricType::Counter, "iotcardd_webhook_failures_total",
      "Requests to the receiver that failed; the event is sent again.",
      [](const WebhookFacts& facts) { return facts.row.failed; });
  add(MetricType::Counter, "iotcardd_webhook_set_aside_total",
      "Events that the receiver refused and that were moved to the quarantine.",
      [](const WebhookFacts& facts) { return facts.row.set_aside; });
  add(MetricType::Counter, "iotcardd_webhook_lost_total",
      "Events that retention deleted before the webhook was done with them, of any kind.",
      [](const WebhookFacts& facts) { return facts.lost; });
  add(MetricType::Gauge, "iotcardd_webhook_backlog_events",
      "Published events that the webhook is not done with, of any kind.",
      [](const WebhookFacts& facts) { return facts.backlog; });
  families.webhook_states("iotcardd_webhook_state",
                          "1 for the state that the webhook is in, 0 for the others.", webhooks);
}

}  // namespace

MetricsFacts gather_metrics(LiveFacts live, Store* store, const Context& context,
                            StoreFigureCache& figures) {
  MetricsFacts facts{std::move(live), {}};
  if (store == nullptr) return facts;
  try {
    facts.stored = {.figures = figures.get(),
                    .queues = describe_queues(*store, context, facts.live.events_acknowledged),
                    .platforms = store->platforms(),
                    .log = store->log_state(),
                    .bytes = store->store_bytes(),
                    .webhooks = describe_webhooks(*store, context)};
  } catch (const std::runtime_error&) {
    // The store's, or no connection to it: iotcardd_store_readable is 0.
  }
  return facts;
}

std::string metrics_text(const MetricsFacts& facts) {
  MetricFamilies families;
  add_daemon(families, facts.live);
  add_process(families, facts);
  families.gauge("iotcardd_store_readable",
                 "0 if the store could not be read just now; its figures are then missing.",
                 facts.stored.has_value());
  add_reports(families, facts.live);
  add_path(families, facts.live);
  add_api(families, facts);
  families.gauge("iotcardd_refresh_max_age_seconds",
                 "refresh.max_age: cards are asked about again when their answer is older.",
                 to_seconds(facts.card_max_age));
  add_calls(families, facts.live.platforms);
  if (facts.stored) {
    add_queues(families, *facts.stored, facts.live.now);
    add_store(families, facts.stored->figures->statistics);
    add_size(families, *facts.stored, facts.live.now);
    add_platforms(families, *facts.stored, facts.live.now);
    add_webhooks(families, facts.stored->webhooks);
  }
  return families.text();
}

}  // namespace iotcard
