// SPDX-License-Identifier: Apache-2.0
// current_set.h - The parts of one kind, such as card platforms, that were made from one
// configuration, and those that replace them as a whole at a reload. A Set has stop(), which ends
// what it has started. Threads: running() from any; the rest from the main thread.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace iotcard {

template <typename Set>
class CurrentSet {
 public:
  // `trouble`: what is said while a set cannot start, such as "card platforms are not asked".
  CurrentSet(std::unique_ptr<Set> first, std::string trouble)
      : trouble_(std::move(trouble)), next_(std::move(first)) {}

  // Ends the running set; start_due() starts this one.
  void replace(std::unique_ptr<Set> next) {
    stop();
    next_ = std::move(next);
  }
  // Starts the set that waits to be started. If `start` throws, the next call tries again.
  template <typename Start>
  void start_due(const Start& start) {
    if (!next_) return;
    try {
      start(*next_);
      const std::lock_guard lock{mutex_};
      running_ = std::move(next_);
      problem_.clear();
    } catch (const std::exception& error) {  // also a thread that cannot be started
      if (std::exchange(problem_, error.what()) == error.what()) return;
      spdlog::warn("{} for now: {}", trouble_, error.what());
    }
  }
  void stop() {
    std::shared_ptr<Set> old;
    {
      const std::lock_guard lock{mutex_};
      old = std::exchange(running_, nullptr);
    }
    if (old) old->stop();
    if (next_) next_->stop();  // some of its parts may have started
  }
  std::shared_ptr<Set> running() const {  // null between two
    const std::lock_guard lock{mutex_};
    return running_;
  }

 private:
  const std::string trouble_;
  std::unique_ptr<Set> next_;
  std::string problem_;  // why next_ does not start, as the log says
  mutable std::mutex mutex_;
  std::shared_ptr<Set> running_;  // guarded by mutex_
};

}  // namespace iotcard
