// SPDX-License-Identifier: Apache-2.0
// status.h - What needs a person today: the daemons, what waits, and what the store holds that
// somebody has to look at. One answer for the command line and GET /status. Its cost does not grow
// with the store beyond that of the statistics, which the caller may have at hand. Not for what has
// to be tried: that is doctor's. On the store's thread; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "operations/doctor/installation.h"
#include "operations/statistics.h"
#include "operations/webhook_operations.h"

namespace iotcard {

// Reports in the intake journal that are not applied yet.
struct JournalBacklog {
  std::optional<std::uint64_t> bytes{};
  std::optional<Instant> oldest{};  // when the first of them arrived
};

// What the store does not know. A caller without a configuration leaves things out.
struct StatusInputs {
  DaemonStatuses daemons{};
  bool connected = false;               // to the broker: the daemon, or the tool that asks
  std::string connection{};             // the same for a person
  std::string version{};                // of this program
  std::optional<Instant> started_at{};  // the daemon
  JournalBacklog journal{};
  std::uint64_t max_backlog = 0;  // bytes
  std::vector<DiskRoom> disks{};
  std::int64_t acknowledged = 0;  // see describe_queues()
};

// Something that needs a person. `command` shows it.
struct Attention {
  std::string subject;
  std::string text;
  std::string command;
};

struct StatusReport {
  std::string store_id{};
  int schema_version = 0;
  std::int64_t store_bytes = 0;
  StoreLog log{};
  StoreStatistics statistics{};
  std::int64_t open_mismatches = 0;
  std::int64_t deferred = 0;
  QueueStatistics queues{};
  std::vector<PlatformRow> failing{};  // platforms
  std::vector<WebhookFacts> webhooks{};
  std::vector<std::pair<RejectionReason, std::int64_t>> rejected_last_day{};
  std::int64_t unfinished_imports = 0;
  StatusInputs inputs{};
  std::string client{};  // that was asked about
  std::vector<Attention> attention{};
  std::vector<std::string> well{};  // subjects that need nobody
};
StatusReport describe_status(Store& store, const Context& context, StoreStatistics statistics,
                             StatusInputs inputs);

// The contract of `iotcardctl status --json`: one object.
void write_status(JsonText& json, const StatusReport& report);

}  // namespace iotcard
