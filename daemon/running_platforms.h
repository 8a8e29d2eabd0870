// SPDX-License-Identifier: Apache-2.0
// running_platforms.h - The card platforms that are asked now, and their replacement by a reload.
// Threads: notify() and counts() from any; the rest from the main thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "platforms.h"

namespace iotcard {

class RunningPlatforms {
 public:
  explicit RunningPlatforms(std::unique_ptr<Platforms> first) : next_(std::move(first)) {}
  ~RunningPlatforms() { stop(); }

  // Ends those that run; start_due() starts the next ones.
  void replace(std::unique_ptr<Platforms> next);
  // Starts what waits to be started. What cannot be started now is tried again by the next call.
  void start_due();
  void stop();

  void notify() const;  // there may be something new to ask
  std::map<std::int64_t, PlatformCounts> counts() const;

 private:
  std::shared_ptr<Platforms> running() const;

  std::unique_ptr<Platforms> next_;
  std::string problem_;  // why next_ does not start, as the log says
  mutable std::mutex mutex_;
  std::shared_ptr<Platforms> running_;  // guarded by mutex_; null between two
};

}  // namespace iotcard
