// SPDX-License-Identifier: Apache-2.0
#include "ingest/turns.h"

#include <algorithm>
#include <unordered_map>

namespace iotcard {

void Turns::load(const std::string& key, std::int64_t reports, std::int64_t bytes) {
  waiting_[key] += reports;
  reports_ += reports;
  bytes_ += bytes;
}

void Turns::clear() {
  waiting_.clear();
  reports_ = 0;
  bytes_ = 0;
}

void Turns::taken_up(const std::string& key, std::int64_t bytes) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  if (--found->second == 0) waiting_.erase(found);
  --reports_;
  bytes_ -= bytes;
}

std::vector<bool> Turns::decide(const std::vector<std::string>& keys, bool more_wait) const {
  std::vector<bool> now(keys.size(), true);
  if (waiting_.empty() && !more_wait) return now;
  std::unordered_map<std::string, std::size_t> sent;
  for (const std::string& key : keys) ++sent[key];
  const std::size_t share =
      more_wait ? std::max(least_share_, batch_ / std::max<std::size_t>(sent.size(), 1)) : batch_;
  std::unordered_map<std::string, std::size_t> taken;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // What is deferred comes first: the reports of one device keep their order.
    now[i] = waiting_.count(keys[i]) == 0 && ++taken[keys[i]] <= share;
  }
  return now;
}

}  // namespace iotcard
