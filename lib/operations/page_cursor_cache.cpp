// SPDX-License-Identifier: Apache-2.0
#include "operations/page_cursor_cache.h"

#include <algorithm>

namespace iotcard {
namespace {

constexpr int rest_after_walk = 20;  // times what it took

}  // namespace

PageCursorCache::Spot PageCursorCache::find(const std::string& list, std::int64_t first_row,
                                            const Walk& walk) {
  const std::shared_ptr<Places> places = places_of(list);
  const std::lock_guard lock{places->mutex};
  if (!places->walked || now_() >= places->good_until) walk_all(*places, walk);
  Spot spot{.total = places->total, .place = {}, .skip = first_row};
  const auto passed = std::min<std::int64_t>(first_row / places->stride,
                                             static_cast<std::int64_t>(places->places.size()));
  if (passed > 0) {
    spot.place = places->places[static_cast<std::size_t>(passed - 1)];
    spot.skip = first_row - passed * places->stride;
  }
  return spot;
}

void PageCursorCache::forget() {
  const std::lock_guard lock{mutex_};
  lists_.clear();
}

std::shared_ptr<PageCursorCache::Places> PageCursorCache::places_of(const std::string& list) {
  const std::lock_guard lock{mutex_};
  auto found = lists_.find(list);
  if (found == lists_.end()) {
    if (lists_.size() >= most_lists) {
      lists_.erase(std::min_element(lists_.begin(), lists_.end(), [](const auto& a, const auto& b) {
        return a.second.used < b.second.used;
      }));
    }
    found = lists_.emplace(list, Entry{std::make_shared<Places>(), {}}).first;
  }
  found->second.used = now_();
  return found->second.places;
}

void PageCursorCache::walk_all(Places& places, const Walk& walk) const {
  const TimePoint begun = now_();
  places.places.clear();
  places.stride = stride;
  std::int64_t row = 0;
  places.total = walk(stride, [&](const std::string& place) {
    row += stride;
    if (row % places.stride != 0) return;
    places.places.push_back(place);
    if (places.places.size() < most_places) return;
    // Every second one stays, the last among them.
    std::size_t kept = 0;
    for (std::size_t i = 1; i < places.places.size(); i += 2) {
      places.places[kept++] = std::move(places.places[i]);
    }
    places.places.resize(kept);
    places.stride *= 2;
  });
  places.walked = true;
  places.good_until = now_() + (now_() - begun) * rest_after_walk;
}

}  // namespace iotcard
