// SPDX-License-Identifier: Apache-2.0
// daemon_steps.h - What a confirmed report costs with all that the daemon does about it besides
// applying it: settling its event, which is published, and deleting it again, as it is or as
// history; looking for silent devices; and reading events for a webhook. In a store in a file,
// which the webhook has a connection of its own to. One thread; throws StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/http_client.h"
#include "micro/steps.h"
#include "support/temp_dir.h"
#include "upkeep/event_sweeper.h"
#include "upkeep/silence_monitor.h"
#include "webhook/webhook_delivery.h"

namespace iotcard {

struct DaemonExtras {
  bool history = false;
  bool silence = false;
  bool webhook = false;  // for mismatches, as an alarm; needs the history
};

class DaemonBench {
 public:
  static constexpr int rounds = 24;  // of all devices, in which silence looks at each device once

  // Each of so many devices has reported, and the history is full.
  DaemonBench(std::int64_t devices, DaemonExtras extras);

  // A report of each of `reports` devices, and what the daemon does after it.
  std::uint64_t work(std::int64_t first, std::int64_t reports);

 private:
  void settle(std::int64_t published);
  void work_between_batches();

  const DaemonExtras extras_;
  TempDir folder_;
  std::string url_;
  Bench bench_;
  Retention retention_;
  EventSweeper sweeper_;
  SilenceMonitor silence_;
  Instant started_;
  std::int64_t devices_;
  std::int64_t done_ = 0;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<StoreWebhookEvents> events_;
  std::unique_ptr<WebhookDelivery> delivery_;
};

std::uint64_t step_report_plain(DaemonBench& bench, std::int64_t first, std::int64_t reports);
std::uint64_t step_report_history(DaemonBench& bench, std::int64_t first, std::int64_t reports);
std::uint64_t step_report_all(DaemonBench& bench, std::int64_t first, std::int64_t reports);

}  // namespace iotcard
