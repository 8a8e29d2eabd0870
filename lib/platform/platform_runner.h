// SPDX-License-Identifier: Apache-2.0
// platform_runner.h - Asks one card platform whatever there is to ask, for as long as it lives:
// what operators want, ICCIDs that devices reported and nobody knows, and known cards before what
// is known of them is too old. Keeps to the platform's rate, concurrency and interval, backs off
// when it fails, and asks for nothing twice at once. What to ask and where answers go is the
// desk's. Each platform has a runner and threads of its own, so none delays another. Threads:
// "platform-ID", as many as it may be asked at once; the public functions from any.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "domain/card_desk.h"
#include "domain/histogram.h"
#include "platform/breaker.h"
#include "platform/pace.h"
#include "platform/platform_client.h"
#include "platform/platform_setup.h"

namespace iotcard {

// Upper bounds of how long a request took, in seconds.
inline constexpr std::array platform_seconds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

// Since the runner began.
struct PlatformCounts {
  std::uint64_t calls = 0;  // HTTP requests, log-ins among them
  std::array<std::uint64_t, platform_fault_names.names.size()> faults{};  // of them
  std::uint64_t found = 0;                                                // cards, as the next two
  std::uint64_t not_found = 0;
  std::uint64_t failed = 0;  // the platform's answer about this one made no sense
  std::uint64_t unknown_values = 0;
  Histogram<platform_seconds> seconds;
};

class PlatformRunner {
 public:
  // All outlive the runner; the desk is used by one of its threads at a time.
  PlatformRunner(const Platform& platform, CardDesk& desk, const Clock& clock);
  ~PlatformRunner();  // stop()

  void start();
  void stop();    // within a second: what is under way is given up
  void notify();  // there may be something new to ask

  PlatformCounts counts() const;
  // Nothing is under way, and at the last look there was nothing to ask.
  bool idle() const;

 private:
  struct Task {
    std::vector<Iccid> cards;
    std::optional<DeskRequest> request{};
  };
  struct Result {
    bool acted = false;
    PlatformClient::Answers answers;
  };

  void run();
  std::optional<Task> next_task(Instant now);
  bool holds(Instant now);
  void look(Instant now);
  std::optional<Task> pick_request(Instant now);
  std::optional<Task> pick_cards(std::deque<Iccid>& waiting);
  Result carry_out(const Task& task, PlatformClient& client);
  void settle(const Task& task, Result result, std::unique_lock<std::mutex>& lock);
  void note(const std::optional<PlatformFailure>& failure, bool answered_something);
  void tell(const PlatformFailure& failure, bool was_well);
  void desk_failed(const std::string& problem);
  bool admit();
  void traced(const CallTrace& trace);
  void count(const std::vector<CardAnswer>& answers);
  void unknown_value(const std::string& field, const std::string& value);

  const Platform& platform_;
  const std::string title_;  // for the log
  CardDesk& desk_;
  const Clock& clock_;
  Account account_;
  Pace pace_;
  const int batch_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_, as all up to told_fault_, and the desk
  std::vector<std::unique_ptr<HttpClient>> https_;
  std::vector<DeskRequest> requests_;  // given out by the desk, not begun
  std::deque<Iccid> unknown_;          // likewise, as the next
  std::deque<Iccid> stale_;
  bool unknown_at_end_ = false;  // at the last look, as the next
  bool stale_at_end_ = false;
  bool nothing_to_ask_ = false;
  bool unknown_has_turn_ = true;
  std::set<Iccid> in_flight_;
  std::optional<Instant> looked_at_;
  std::optional<Instant> held_at_;        // the lease was last renewed; absent: not held
  std::optional<PlatformHealth> health_;  // absent: the desk has not been asked yet
  Instant health_saved_{};
  int baffled_ = 0;           // questions in a row without an answer that made sense
  bool other_holds_ = false;  // said in the log, as the next two
  std::string desk_problem_;
  std::string told_fault_;

  mutable std::mutex counts_mutex_;
  PlatformCounts counts_;                                         // guarded by counts_mutex_
  std::set<std::pair<std::string, std::string>> unknown_values_;  // likewise; said in the log

  std::vector<std::thread> threads_;
};

}  // namespace iotcard
