// SPDX-License-Identifier: Apache-2.0
#include "ingest/fair_share.h"

#include <algorithm>
#include <unordered_set>

namespace iotcard {

void FairShare::load(const std::string& key, std::int64_t reports, std::int64_t bytes) {
  waiting_[key] += reports;
  reports_ += reports;
  bytes_ += bytes;
}

void FairShare::clear() {
  waiting_.clear();
  reports_ = 0;
  bytes_ = 0;
}

void FairShare::taken_up(const std::string& key, std::int64_t bytes) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  if (--found->second == 0) waiting_.erase(found);
  --reports_;
  bytes_ -= bytes;
}

std::vector<bool> FairShare::decide(const std::vector<std::string>& keys, bool more_wait,
                                    bool events_wait) {
  std::vector<bool> now(keys.size(), true);
  if (!events_wait) {
    taken_.clear();
    taken_by_all_ = 0;
    if (waiting_.empty() && !more_wait) return now;
  }
  std::size_t share = portion_;
  if (events_wait) {
    share = least_share_;
  } else if (more_wait) {
    const std::unordered_set<std::string> devices{keys.begin(), keys.end()};
    share = std::max(least_share_, portion_ / devices.size());
  }
  std::unordered_set<std::string> deferred_items;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // What is deferred comes first, also what is deferred just now: the reports of one device keep
    // their order, though shares begin anew in between.
    now[i] = waiting_.count(keys[i]) == 0 && deferred_items.count(keys[i]) == 0 &&
             taken_[keys[i]] < share;
    if (!now[i]) {
      deferred_items.insert(keys[i]);
      continue;
    }
    ++taken_[keys[i]];
    if (++taken_by_all_ == portion_) {
      taken_.clear();
      taken_by_all_ = 0;
    }
  }
  return now;
}

}  // namespace iotcard
