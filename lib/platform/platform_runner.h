// SPDX-License-Identifier: Apache-2.0
// platform_runner.h - PendingPublishes one card platform whatever there is to ask, for as long as
// it lives: what operators want, ICCIDs that devices reported and nobody knows, and known cards
// before what is known of them is too old. Keeps to the platform's rate, concurrency and interval,
// backs off when it fails, and asks for nothing twice at once. What to ask and where answers go is
// the desk's. Each platform has a runner and threads of its own, so none delays another. Threads:
// "platform-ID", as many as it may be asked at once; the public functions from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log_level.h"
#include "domain/platform_counts.h"
#include "platform/ask_queue.h"
#include "platform/breaker.h"
#include "platform/pace.h"
#include "platform/platform_client.h"
#include "platform/platform_jobs.h"
#include "platform/platform_setup.h"

namespace iotcard {

class PlatformRunner {
 public:
  using Log = std::function<void(LogLevel, const std::string&)>;  // called from any thread

  // All outlive the runner; the desk is used by one of its threads at a time.
  PlatformRunner(const Platform& platform, PlatformJobs& desk, const Clock& clock, Log log);
  ~PlatformRunner();  // stop()

  void start();
  void interrupt();  // stop() will follow: what is under way is given up
  void stop();       // within a second
  void notify();     // there may be something new to ask

  PlatformCounts counts() const;

 private:
  using Task = AskQueue::Task;
  struct Result {
    bool acted = false;
    bool asked = false;     // the platform itself
    std::string refusal{};  // of an action: it is about the card, not the platform
    PlatformClient::Answers answers;
  };

  void run();
  std::optional<Task> next_task(Instant now);
  PlatformJobs::Held holds(Instant now);
  void refuse_requests(Instant next_try);
  void give_back_requests() noexcept;
  Result apply_change(const Task& task, PlatformClient& client);
  void settle(const Task& task, Result result, std::unique_lock<std::mutex>& lock);
  void leave_for_later(const Task& task, PlatformClient::Answers& answers);
  void note(const std::optional<PlatformFailure>& failure, bool answered_something);
  void tell(const PlatformFailure& failure, bool was_well);
  void desk_failed(const std::string& problem);
  bool admit();
  void traced(const CallTrace& trace);
  void count(const std::vector<CardAnswer>& answers);
  void unknown_value(const std::string& field, const std::string& value);

  const Platform& platform_;
  const std::string title_;  // for the log
  PlatformJobs& desk_;
  const Clock& clock_;
  const Log log_;
  Account account_;
  Pace pace_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_, as all up to told_fault_, and the desk
  std::vector<std::unique_ptr<HttpClient>> https_;
  AskQueue queue_;
  std::optional<Instant> held_at_;        // the lease was last renewed; absent: not held
  std::optional<PlatformHealth> health_;  // absent: the desk has not been asked yet
  Instant health_saved_{};
  int unusable_answers_ = 0;  // questions in a row without an answer that made sense
  bool other_holds_ = false;  // said in the log, as the next two
  std::string desk_problem_;
  std::string told_fault_;

  mutable std::mutex counts_mutex_;
  PlatformCounts counts_;                                         // guarded by counts_mutex_
  std::set<std::pair<std::string, std::string>> unknown_values_;  // likewise; said in the log

  std::vector<std::thread> threads_;
};

}  // namespace iotcard
