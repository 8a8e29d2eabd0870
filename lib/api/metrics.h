// SPDX-License-Identifier: Apache-2.0
// metrics.h - What GET /metrics shows, as facts and as Prometheus' text. Labels are kinds of our
// own, each always there, the numbers of card platforms and the names of webhooks; no ICCID, and
// nothing that a device, a platform or a broker made up, becomes a label. Not the route.
// metrics_text() from any thread; gather_metrics() on the store's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/process_usage.h"
#include "api/request_counts.h"
#include "api/store_figures.h"
#include "domain/report_counts.h"
#include "operations/platform_operations.h"
#include "operations/statistics.h"
#include "operations/webhook_operations.h"

namespace iotcard {

// What the running daemon knows by itself, since its start.
struct LiveFacts {
  std::string version;
  Instant started_at;
  Instant now;
  bool degraded = false;  // as the status topic says
  bool broker_connected = false;
  std::uint64_t broker_connections = 0;  // that were established
  std::uint64_t broker_takeovers = 0;    // by another client with the same client id
  std::uint64_t received = 0;            // reports that are safe in the journal
  ReportCounts reports;
  std::uint64_t journal_bytes = 0;        // not yet applied
  std::uint64_t journal_max_bytes = 0;    // that may wait
  std::optional<Instant> journal_oldest;  // arrival of the first of them
  std::uint64_t events_published = 0;
  std::uint64_t events_refused = 0;
  std::uint64_t events_quarantined = 0;
  std::int64_t events_acknowledged = 0;  // outbox sequence up to which the broker has all
  std::map<std::int64_t, PlatformCounts> platforms;  // by number, those that are asked
};

struct MetricsFacts {
  LiveFacts live;
  // The store's. Absent: it could not be read, and its families are left out.
  struct Stored {
    std::shared_ptr<const StoreFigures> figures;  // at most a minute old
    QueueStatistics queues;
    std::vector<PlatformRow> platforms;
    StoreLog log{};
    std::int64_t bytes = 0;  // of the store, without the log
    std::vector<WebhookFacts> webhooks{};
  };
  std::optional<Stored> stored;
  int event_streams = 0;  // that clients have open
  int max_event_streams = 0;
  ApiCounts api{};
  ProcessUsage process{};
  Duration card_max_age{};  // [refresh] max_age
};

// Reads of the store only what takes the same time in any store, and takes the rest from `figures`.
// If the store cannot be read, or is null, only its own figures are missing.
MetricsFacts gather_metrics(LiveFacts live, Store* store, const Context& context,
                            StoreFigureCache& figures);

// Text format 0.0.4; its content type is below.
std::string metrics_text(const MetricsFacts& facts);
inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace iotcard
