// SPDX-License-Identifier: Apache-2.0
// request_counts.h - Numbers of the API's requests, for /metrics: by class of status, by operation,
// and how long an answer takes. Only routes and classes, which are few and our own: no path, no
// caller. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/histogram.h"

namespace iotcard {

// From a page of a list to a platform that is slow to answer.
inline constexpr std::array answer_second_bounds{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0};

struct ApiCounts {
  struct Operation {
    std::string name;  // "GET /card/{iccid}"
    std::uint64_t requests = 0;
  };
  static constexpr std::array<const char*, 4> classes{"2xx", "3xx", "4xx", "5xx"};
  std::array<std::uint64_t, classes.size()> answers{};  // by class of status
  std::vector<Operation> operations{};
  Histogram<answer_second_bounds> seconds{};
};

class RequestCounts {
 public:
  // `operations`: their names, in the order of their numbers.
  explicit RequestCounts(std::vector<std::string> operations);

  // An answer of any kind, also one to a request that was not understood.
  void answered(int status) noexcept;
  // A request that was admitted to this operation, and how long it took to answer.
  void worked(std::size_t operation, std::chrono::steady_clock::duration time) noexcept;
  ApiCounts counts() const;

 private:
  mutable std::mutex mutex_;
  ApiCounts counts_;  // guarded by mutex_
};

}  // namespace iotcard
