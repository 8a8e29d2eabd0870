// SPDX-License-Identifier: Apache-2.0
#include "operations/page_cursor_cache.h"

#include <algorithm>

namespace iotcard {
namespace {

constexpr int valid_scan_times = 20;  // cursors are valid for so many times as long as a scan took

}  // namespace

PagePosition PageCursorCache::find(const std::string& list, std::int64_t first_row,
                                   const Scan& scan) {
  const std::shared_ptr<Cursors> found = cursors_of(list);
  const std::lock_guard lock{found->mutex};
  if (!found->scanned || now_() >= found->valid_until) scan_all(*found, scan);
  PagePosition position{.total = found->total, .cursor = {}, .skip = first_row};
  const auto passed = std::min<std::int64_t>(first_row / found->stride,
                                             static_cast<std::int64_t>(found->cursors.size()));
  if (passed > 0) {
    position.cursor = found->cursors[static_cast<std::size_t>(passed - 1)];
    position.skip = first_row - passed * found->stride;
  }
  return position;
}

void PageCursorCache::clear() {
  const std::lock_guard lock{mutex_};
  lists_.clear();
}

std::shared_ptr<PageCursorCache::Cursors> PageCursorCache::cursors_of(const std::string& list) {
  const std::lock_guard lock{mutex_};
  auto found = lists_.find(list);
  if (found == lists_.end()) {
    if (lists_.size() >= max_lists) {
      lists_.erase(std::ranges::min_element(
          lists_, [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    }
    found = lists_.emplace(list, Entry{std::make_shared<Cursors>(), {}}).first;
  }
  found->second.used = now_();
  return found->second.cursors;
}

void PageCursorCache::scan_all(Cursors& list, const Scan& scan) const {
  const TimePoint began = now_();
  list.cursors.clear();
  list.stride = min_stride;
  std::int64_t row = 0;
  list.total = scan(min_stride, [&](const std::string& cursor) {
    row += min_stride;
    if (row % list.stride != 0) return;
    list.cursors.push_back(cursor);
    if (list.cursors.size() < max_cursors) return;
    // Keeps every second one, the last among them.
    std::size_t kept = 0;
    for (std::size_t i = 1; i < list.cursors.size(); i += 2) {
      list.cursors[kept++] = std::move(list.cursors[i]);
    }
    list.cursors.resize(kept);
    list.stride *= 2;
  });
  list.scanned = true;
  list.valid_until = now_() + (now_() - began) * valid_scan_times;
}

}  // namespace iotcard
