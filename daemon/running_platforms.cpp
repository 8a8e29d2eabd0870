// SPDX-License-Identifier: Apache-2.0
#include "running_platforms.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace iotcard {

void RunningPlatforms::replace(std::unique_ptr<Platforms> next) {
  stop();
  next_ = std::move(next);
}

void RunningPlatforms::start_due() {
  if (!next_) return;
  try {
    next_->start();
    const std::lock_guard lock{mutex_};
    running_ = std::move(next_);
    problem_.clear();
  } catch (const std::exception& error) {  // also a thread that cannot be started
    if (std::exchange(problem_, error.what()) == error.what()) return;
    spdlog::warn("card platforms are not asked for now: {}", error.what());
  }
}

void RunningPlatforms::stop() {
  std::shared_ptr<Platforms> old;
  {
    const std::lock_guard lock{mutex_};
    old = std::exchange(running_, nullptr);
  }
  if (old) old->stop();
  if (next_) next_->stop();  // some of its platforms may have started
}

std::shared_ptr<Platforms> RunningPlatforms::running() const {
  const std::lock_guard lock{mutex_};
  return running_;
}

void RunningPlatforms::notify() const {
  if (const auto platforms = running()) platforms->notify();
}

std::map<std::int64_t, PlatformCounts> RunningPlatforms::counts() const {
  const auto platforms = running();
  return platforms ? platforms->counts() : std::map<std::int64_t, PlatformCounts>{};
}

}  // namespace iotcard
