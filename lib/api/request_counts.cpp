// SPDX-License-Identifier: Apache-2.0
#include "api/request_counts.h"

#include <utility>

namespace iotcard {

RequestCounts::RequestCounts(std::vector<std::string> operations) {
  for (std::string& name : operations) counts_.operations.push_back({std::move(name)});
}

void RequestCounts::answered(int status) noexcept {
  const int first_class = 2;
  const auto index = static_cast<std::size_t>(status / 100 - first_class);
  if (index >= counts_.answers.size()) return;
  const std::lock_guard lock{mutex_};
  ++counts_.answers[index];
}

void RequestCounts::worked(std::size_t operation,
                           std::chrono::steady_clock::duration time) noexcept {
  const std::lock_guard lock{mutex_};
  ++counts_.operations[operation].requests;
  counts_.seconds.observe(std::chrono::duration<double>(time).count());
}

ApiCounts RequestCounts::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace iotcard
