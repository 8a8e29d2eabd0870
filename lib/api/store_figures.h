// SPDX-License-Identifier: Apache-2.0
// store_figures.h - The figures of /metrics whose counting takes longer the larger the store is.
// They are counted in a thread of their own while somebody scrapes, so that a scrape need not wait
// for them, and are at most a minute old. Not for figures that cost the same in any store.
// get() from any thread, start() and stop() from one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "operations/statistics.h"

namespace iotcard {

struct StoreFigures {
  StoreStatistics statistics;
  std::int64_t deferred_reports = 0;
  std::map<std::int64_t, PlatformAge> platforms;  // by number
};
StoreFigures count_figures(Store& store, const Context& context);

class StoreFigureCache {
 public:
  using Count = std::function<StoreFigures()>;
  struct Options {
    std::chrono::milliseconds max_age{60'000};
    std::chrono::milliseconds recount_after{40'000};
    // Without a scrape for this long nothing is counted until the next one.
    std::chrono::milliseconds idle_after{600'000};
  };
  // `count` may throw; it is called by one thread at a time.
  StoreFigureCache(Count count, Options options) : count_(std::move(count)), options_(options) {}
  ~StoreFigureCache() { stop(); }

  // Counts if the last figures are older than `max_age`; throws what `count` throws.
  std::shared_ptr<const StoreFigures> get();
  void start();  // the thread
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  // Guarded by mutex_.
  struct State {
    std::shared_ptr<const StoreFigures> figures;
    Clock::time_point counted;    // when the counting of them began
    Clock::time_point attempted;  // when a counting last began
    Clock::time_point asked;      // when get() was last called
    bool stopped = false;
  };

  void run();
  std::shared_ptr<const StoreFigures> recount();

  const Count count_;
  const Options options_;
  std::mutex counting_;  // before mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
  std::thread thread_;
};

}  // namespace iotcard
