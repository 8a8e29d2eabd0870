// SPDX-License-Identifier: Apache-2.0
#include "ingest/fair_share.h"

#include <algorithm>
#include <unordered_set>

namespace iotcard {

void FairShare::load(const std::string& key, std::int64_t reports, std::int64_t bytes) {
  deferred_[key] += reports;
  reports_ += reports;
  bytes_ += bytes;
}

void FairShare::clear() {
  deferred_.clear();
  reports_ = 0;
  bytes_ = 0;
}

void FairShare::taken_up(const std::string& key, std::int64_t bytes) {
  const auto found = deferred_.find(key);
  if (found == deferred_.end()) return;
  if (--found->second == 0) deferred_.erase(found);
  --reports_;
  bytes_ -= bytes;
}

std::vector<bool> FairShare::decide(const std::vector<std::string>& keys, bool more_wait,
                                    bool events_wait) {
  std::vector<bool> admit(keys.size(), true);
  if (!events_wait) {
    admitted_.clear();
    admitted_in_all_ = 0;
    if (deferred_.empty() && !more_wait) return admit;
  }
  std::size_t share = chunk_;
  if (events_wait) {
    share = min_share_;
  } else if (more_wait) {
    const std::unordered_set<std::string> devices{keys.begin(), keys.end()};
    share = std::max(min_share_, chunk_ / devices.size());
  }
  std::unordered_set<std::string> deferred_here;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // Once a report is deferred, those behind it of the same device are, too, even if the shares
    // begin again in between: the reports of a device keep their order.
    admit[i] = deferred_.count(keys[i]) == 0 && deferred_here.count(keys[i]) == 0 &&
               admitted_[keys[i]] < share;
    if (!admit[i]) {
      deferred_here.insert(keys[i]);
      continue;
    }
    ++admitted_[keys[i]];
    if (++admitted_in_all_ == chunk_) {
      admitted_.clear();
      admitted_in_all_ = 0;
    }
  }
  return admit;
}

}  // namespace iotcard
