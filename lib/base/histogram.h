// SPDX-License-Identifier: Apache-2.0
// histogram.h - How often a value was of which size: counts between fixed bounds, and the sum.
// `Bounds` is a constexpr array, ascending; a value that equals a bound counts below it, as
// Prometheus has it. A plain value that is added up and copied. One thread at a time.
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

  // Values above the bound before, up to the bound at the same place; the last: above all bounds.
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
