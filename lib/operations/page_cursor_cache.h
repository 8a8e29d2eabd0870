// SPDX-License-Identifier: Apache-2.0
// page_cursor_cache.h - Where the pages of long lists begin, so that a page by its number costs the
// same wherever it is. A list is walked once and its places kept, one in a hundred rows; they are
// used again for twenty times as long as the walk took, so that walking takes a twentieth of the
// time at most, and what a page shows is at most that old in its place (its rows are read anew).
// Not the rows. Any thread; walks of different lists do not wait for each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace iotcard {

class PageCursorCache {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Take = std::function<void(const std::string& place)>;
  // Calls `take` with the place of each `stride`-th row; returns how many rows there are.
  using Walk = std::function<std::int64_t(std::int64_t stride, const Take& take)>;
  static constexpr std::int64_t stride = 100;        // rows, while a list is short
  static constexpr std::size_t most_places = 20000;  // of one list; then the stride doubles
  static constexpr std::size_t most_lists = 16;

  explicit PageCursorCache(std::function<TimePoint()> now = std::chrono::steady_clock::now)
      : now_(std::move(now)) {}

  struct Spot {
    std::int64_t total = 0;  // rows
    std::string place;       // go on behind it; "" is the beginning
    std::int64_t skip = 0;   // and behind so many rows more
  };
  // `list` names the list, with all that it is filtered and sorted by.
  Spot find(const std::string& list, std::int64_t first_row, const Walk& walk);
  void forget();  // after a change that is to be seen at once

 private:
  struct Places {
    std::mutex mutex;
    // guarded by mutex, as the rest
    bool walked = false;
    TimePoint good_until{};
    std::int64_t total = 0;
    std::int64_t stride = PageCursorCache::stride;
    std::vector<std::string> places;
  };
  struct Entry {
    std::shared_ptr<Places> places;
    TimePoint used{};
  };
  std::shared_ptr<Places> places_of(const std::string& list);
  void walk_all(Places& places, const Walk& walk) const;

  const std::function<TimePoint()> now_;
  std::mutex mutex_;
  std::map<std::string, Entry> lists_;  // guarded by mutex_
};

}  // namespace iotcard
