// SPDX-License-Identifier: Apache-2.0
// platforms.h - The card platforms of the configuration, each with its profile, its jobs in the
// store and its runner. A reload replaces all of them. notify() and counts() from any thread while
// they run; the others from the main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "domain/platform_counts.h"
#include "operations/operation.h"
#include "platform/platform_runner.h"
#include "refresh/store_platform_jobs.h"
#include "store/store.h"

namespace iotcard {

// Checks that the profiles that the configuration names exist, are valid and have their keys; reads
// no secret. Throws ConfigError, a line for each mistake.
void check_platforms(const Config& config);

class Platforms {
 public:
  struct Ports {
    std::function<std::unique_ptr<Store>()> open_store;
    std::function<Context(const std::string& by)> context;
    std::function<void()> changed;  // there may be new events
    PlatformRunner::Log log;
  };

  // Loads profiles and reads secrets; throws ConfigError. A platform whose secret cannot be read is
  // not asked; the others are.
  Platforms(const Config& config, const Clock& clock, Ports ports);
  ~Platforms();  // stop()

  void start();  // throws StoreError, and may be called again then
  void stop();
  void notify();  // there may be something new to ask

  // By the platform's number; since start().
  std::map<std::int64_t, PlatformCounts> counts() const;

 private:
  // In the order in which they need each other.
  struct Member {
    Platform platform;
    std::unique_ptr<Store> store;
    std::unique_ptr<StorePlatformJobs> jobs;
    std::unique_ptr<PlatformRunner> runner;
  };

  void save_unasked(Store& store) const;

  std::vector<PlatformRow> rows_;                 // of the configuration, without health
  std::map<std::int64_t, std::string> unasked_;   // why, by number
  std::vector<std::unique_ptr<Member>> members_;  // those with a profile
  const RefreshConfig refresh_;
  const std::string client_id_;
  const Clock& clock_;
  const Ports ports_;
  bool started_ = false;
};

}  // namespace iotcard
