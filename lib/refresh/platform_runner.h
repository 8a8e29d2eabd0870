// SPDX-License-Identifier: Apache-2.0
// platform_runner.h - Asks one card platform for as long as it lives: what operators request,
// ICCIDs that devices reported and the store does not have, and known cards before their state is
// too old. Keeps to the platform's rate, concurrency and interval, and backs off when the platform
// fails. Whatever fails in one of its threads is a failure of this platform only. Threads, all
// named "platform-ID": one reads jobs from the store and writes results to it, and as many as the
// platform may be asked at once send the requests. The public functions may be called from any.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "operations/operation.h"
#include "operations/platform_operations.h"
#include "platform/platform_setup.h"
#include "refresh/job_scheduler.h"
#include "refresh/pace.h"

namespace iotcard {

class PlatformRunner {
 public:
  using Options = JobOptions;  // without what the platform itself says
  struct Ports {
    const Clock& clock;
    std::function<std::unique_ptr<Store>()> open_store;
    std::function<Context(const std::string& by)> context;
    std::function<void()> changed;  // there may be new events
    PlatformLog log;
    std::function<std::unique_ptr<HttpClient>(HttpOptions)> make_http = make_http_client;
    std::function<void()> request_finished{};  // a request of an operator is done
  };

  PlatformRunner(Platform platform, Options options, Ports ports);
  ~PlatformRunner();  // stop()

  void start();      // throws std::system_error, and may be called again then
  void interrupt();  // stop() follows: requests under way are given up
  void stop();       // within a second, also while another process locks the store
  void notify();     // there may be something new to ask

  const Platform& platform() const { return platform_; }
  PlatformCounts counts() const;

 private:
  // A result travels between the threads as a node of a list, so that handing it over cannot fail.
  struct Work {
    JobResult result;
    std::uint64_t lease;  // under which the job was taken
  };

  struct Connection;

  void run_thread(void (PlatformRunner::*body)()) noexcept;
  void log_once(const std::string& problem);

  void schedule();  // the store's thread
  void open();
  void renew_lease();
  bool store_results();
  void assign_jobs();
  void finish() noexcept;

  void ask();  // the other threads
  void carry_out(JobResult& result, PlatformClient& client);
  bool admit(std::uint64_t lease);
  void traced(const HttpExchange& trace);
  void count(const std::vector<CardAnswer>& answers);
  void unknown_value(const std::string& field, const std::string& value);

  const Platform platform_;
  const std::string title_;  // for the log
  Options options_;
  const Ports ports_;
  Account account_;
  Pace pace_;

  // The store's thread alone uses these.
  std::unique_ptr<Store> store_;
  std::unique_ptr<PlatformJobs> jobs_;
  std::unique_ptr<JobScheduler> scheduler_;
  std::list<Work> results_;  // not stored yet

  mutable std::mutex mutex_;  // held for moments only: never during a call to the store
  std::condition_variable changed_;
  struct State {  // guarded by mutex_
    bool stopping = false;
    std::chrono::steady_clock::time_point store_until{};  // once stopping
    bool read_store = false;                              // the store may have new jobs
    std::list<Work> waiting;                              // for a thread that asks
    std::list<Work> finished;                             // for the store's thread
    int asking = 0;                                       // threads that have a job
    std::uint64_t lease = 0;                              // which one is held; 0: none
    Instant lease_renewed{};
    std::uint64_t leases = 0;  // acquired so far
    std::vector<HttpClient*> clients;
    std::string problem;  // logged
    PlatformCounts counts;
    std::set<std::pair<std::string, std::string>> unknown_values;  // logged
  } state_;

  std::vector<std::thread> threads_;
};

}  // namespace iotcard
