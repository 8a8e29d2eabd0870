// SPDX-License-Identifier: Apache-2.0
// histogram.h - Counts of values between fixed bounds, and their sum. `Bounds` is an ascending
// constexpr array; a value equal to a bound counts below it, as in Prometheus. A plain value; one
// thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace iotcard {

template <const auto& Bounds>
class Histogram {
 public:
  static constexpr const auto& bounds = Bounds;

  void observe(double value) {
    const auto* const bound = std::lower_bound(Bounds.begin(), Bounds.end(), value);
    ++counts_[static_cast<std::size_t>(bound - Bounds.begin())];
    sum_ += value;
  }
  Histogram& operator+=(const Histogram& more) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
    sum_ += more.sum_;
    return *this;
  }

  // counts()[i]: values above bound i - 1, up to bound i; the last: above all bounds.
  const std::array<std::uint64_t, Bounds.size() + 1>& counts() const { return counts_; }
  double sum() const { return sum_; }
  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts_) all += count;
    return all;
  }

 private:
  std::array<std::uint64_t, Bounds.size() + 1> counts_{};
  double sum_ = 0;
};

}  // namespace iotcard
