// SPDX-License-Identifier: Apache-2.0
// page_cursor_cache.h - Remembers cursors into long lists, so that each page costs the same. A list
// is scanned once and the cursor of every hundredth row is kept, for twenty times as long as the
// scan took: scanning takes at most a twentieth of the time, and a page begins at most that much
// too early or too late. Holds no rows; they are read for each page. Any thread; scans of different
// lists do not wait for each other.
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

struct PagePosition {
  std::int64_t total = 0;  // rows of the list
  std::string cursor;      // the page's rows come after it; "" is the beginning of the list
  std::int64_t skip = 0;   // rows between the cursor and the page
};

class PageCursorCache {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using TakeCursor = std::function<void(const std::string& cursor)>;
  // Calls `take` with the cursor of each `stride`-th row; returns the number of rows.
  using Scan = std::function<std::int64_t(std::int64_t stride, const TakeCursor& take)>;
  static constexpr std::int64_t min_stride = 100;  // rows; doubles when a list has too many cursors
  static constexpr std::size_t max_cursors = 20000;  // of one list
  static constexpr std::size_t max_lists = 16;

  explicit PageCursorCache(std::function<TimePoint()> now = std::chrono::steady_clock::now)
      : now_(std::move(now)) {}

  // `list` names the list with all that it is filtered and sorted by.
  PagePosition find(const std::string& list, std::int64_t first_row, const Scan& scan);
  void clear();  // so that a change is seen in the next page

 private:
  // Of one list; guarded by its mutex.
  struct Cursors {
    std::mutex mutex;
    bool scanned = false;
    TimePoint valid_until{};
    std::int64_t total = 0;
    std::int64_t stride = min_stride;
    std::vector<std::string> cursors;
  };
  struct Entry {
    std::shared_ptr<Cursors> cursors;
    TimePoint used{};
  };
  std::shared_ptr<Cursors> cursors_of(const std::string& list);
  void scan_all(Cursors& list, const Scan& scan) const;

  const std::function<TimePoint()> now_;
  std::mutex mutex_;
  std::map<std::string, Entry> lists_;  // guarded by mutex_
};

}  // namespace iotcard
