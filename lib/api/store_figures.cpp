// SPDX-License-Identifier: Apache-2.0
#include "api/store_figures.h"

#include <exception>

#include "api/workers.h"

namespace iotcard {

StoreFigures count_figures(Store& store, const Context& context) {
  StoreFigures figures{.statistics = describe_statistics(store, context),
                       .deferred_reports = store.count_deferred(context.client_id),
                       .platforms = {}};
  for (const PlatformRow& row : store.platforms()) {
    figures.platforms.emplace(row.id, store.platform_age(row.id));
  }
  return figures;
}

std::shared_ptr<const StoreFigures> StoreFigureCache::get() {
  const Clock::time_point now = Clock::now();
  const auto fresh = [&]() -> std::shared_ptr<const StoreFigures> {
    const std::lock_guard lock{mutex_};
    state_.asked = now;
    return state_.figures && now - state_.counted < options_.max_age ? state_.figures : nullptr;
  };
  if (auto figures = fresh()) return figures;
  const std::lock_guard counting{counting_};
  if (auto figures = fresh()) return figures;  // another thread has counted meanwhile
  auto figures = recount();
  changed_.notify_all();
  return figures;
}

// With counting_ locked.
std::shared_ptr<const StoreFigures> StoreFigureCache::recount() {
  const Clock::time_point began = Clock::now();
  {
    const std::lock_guard lock{mutex_};
    state_.attempted = began;
  }
  auto figures = std::make_shared<const StoreFigures>(count_());
  const std::lock_guard lock{mutex_};
  state_.figures = figures;
  state_.counted = began;
  return figures;
}

void StoreFigureCache::start() {
  thread_ = std::thread{[this] { run(); }};
}

void StoreFigureCache::stop() {
  {
    const std::lock_guard lock{mutex_};
    state_.stopped = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StoreFigureCache::run() {
  be_an_api_thread();
  std::unique_lock lock{mutex_};
  while (!state_.stopped) {
    const Clock::time_point now = Clock::now();
    const bool idle = !state_.figures || now - state_.asked >= options_.idle_after;
    const Clock::time_point due = state_.attempted + options_.recount_after;
    if (idle) {
      changed_.wait(lock);
    } else if (now < due) {
      changed_.wait_until(lock, due);
    } else {
      lock.unlock();
      try {
        const std::lock_guard counting{counting_};
        recount();
      } catch (const std::exception&) {
        // The next scrape that finds the figures too old counts them itself and says what failed.
      }
      lock.lock();
    }
  }
}

}  // namespace iotcard
