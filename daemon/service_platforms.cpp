// SPDX-License-Identifier: Apache-2.0
// When the card platforms are asked, and when not.
#include <spdlog/spdlog.h>

#include <ctime>

#include "logging.h"
#include "operations/platform_operations.h"
#include "service.h"

namespace iotcard {

std::shared_ptr<Platforms> Service::make_platforms(const Config& config) {
  return std::make_shared<Platforms>(
      config, Platforms::Ports{.clock = clock_,
                               .open_store = [url = config.store_url] { return open_store(url); },
                               .context = [this](const std::string& by) { return context(by); },
                               .changed = [this] { outbox_.notify(); },
                               .log = log_line});
}

// A store that cannot be had just now is tried again with the next tick.
void Service::ask_platforms() {
  if (!next_platforms_) return;
  try {
    next_platforms_->start();
    const std::lock_guard lock{mutex_};
    platforms_ = std::move(next_platforms_);
    platforms_problem_.clear();
  } catch (const std::exception& error) {  // also a thread that cannot be started
    if (std::exchange(platforms_problem_, error.what()) == error.what()) return;
    spdlog::warn("card platforms are not asked for now: {}", error.what());
  }
}

void Service::leave_platforms() {
  std::shared_ptr<Platforms> old;
  {
    const std::lock_guard lock{mutex_};
    old = std::move(platforms_);
  }
  if (old) old->stop();
}

std::shared_ptr<Platforms> Service::platforms() const {
  const std::lock_guard lock{mutex_};
  return platforms_;
}

AskedPlatform Service::request_and_wait(const Iccid& card, PlatformRequestKind kind,
                                        const std::string& by) {
  constexpr std::chrono::seconds patience{30};
  constexpr int most_waiting = 16;  // the API has threads for other things, too
  constexpr timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
  const auto store = open_store(store_url_);
  PlatformRequest request = request_platform(*store, context(by), card, kind);
  if (const auto asked = platforms()) asked->notify();
  const auto until = std::chrono::steady_clock::now() + patience;
  struct Waiting {
    std::atomic<int>& callers;
    const int place = ++callers;
    ~Waiting() { --callers; }  // also where the store fails
  } const waiting{waiting_for_platforms_};
  const bool may_wait = waiting.place <= most_waiting;
  while (may_wait && !request.done_at && !stopping_ && std::chrono::steady_clock::now() < until) {
    nanosleep(&moment, nullptr);
    if (auto now = store->find_platform_request(request.id)) request = std::move(*now);
  }
  return {std::move(request), require_card(*store, card)};
}

}  // namespace iotcard
