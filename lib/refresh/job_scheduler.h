// SPDX-License-Identifier: Apache-2.0
// job_scheduler.h - Decides whether one platform may be asked now and which job comes next, and
// writes results to the store: the lease, the health of the platform and the queue together. Sends
// no request and knows no lock. One thread at a time; throws StoreError, and may then be called
// again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/breaker.h"
#include "base/log_level.h"
#include "platform/platform_client.h"
#include "refresh/job_queue.h"
#include "refresh/platform_jobs.h"

namespace iotcard {

using PlatformLog = std::function<void(LogLevel, const std::string&)>;  // from any thread

std::uint32_t random_number();  // evenly distributed; any thread

// What came of a job, and how much of that the store has.
struct JobResult {
  PlatformJob job;
  bool asked = false;     // a request was sent to the platform
  bool acted = false;     // the platform accepted the action
  std::string refusal{};  // of the action: says something about the card, not about the platform
  PlatformClient::Answers answers{};

  std::string failure{};  // for the operator
  bool judged = false;
  bool noted = false;      // in the health of the platform
  std::size_t stored = 0;  // answers
};

class JobScheduler {
 public:
  // All references outlive the scheduler. `title` names the platform in the log.
  JobScheduler(PlatformJobs& jobs, int batch, int concurrency, const Clock& clock, PlatformLog log,
               std::string title);

  // Renews the lease if it is due. What was not begun under an older lease is dropped.
  Lease renew_lease(Instant now);
  // When the lease was last renewed; absent: another process may have it.
  std::optional<Instant> renewed_at() const { return renewed_at_; }

  void read_at_once() { queue_.read_at_once(); }
  // Nothing if the lease is not held, or while the platform is not to be asked.
  std::optional<PlatformJob> next(Instant now);
  // Writes one part of the result to the store. True: that was the last, and the job is done.
  bool store_next(JobResult& result);

  // The end: gives back the requests that were not begun, these and those of the queue, and the
  // lease.
  void release(std::vector<OperatorRequest> not_begun) noexcept;

 private:
  void refuse_requests(Instant next_try);
  void judge(JobResult& result);
  void retry_later(JobResult& result);
  void note(const JobResult& result);
  void report(const PlatformFailure& failure, bool was_well);

  PlatformJobs& jobs_;
  const Clock& clock_;
  const PlatformLog log_;
  const std::string title_;
  JobQueue queue_;
  std::optional<Instant> renewed_at_;
  std::optional<PlatformHealth> health_;  // absent: not read from the store yet
  Instant health_saved_{};
  int unusable_answers_ = 0;  // jobs in a row without a usable answer
  bool other_holds_ = false;  // logged
  std::string reported_fault_;
};

}  // namespace iotcard
