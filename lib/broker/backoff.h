// SPDX-License-Identifier: Apache-2.0
// backoff.h - How long to wait before the next attempt: a ceiling that doubles up to a cap, and a
// random time below it ("full jitter"), so that a fleet does not come back all at once.
// Not a timer. One thread at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace iotcard {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max)
      : min_(min), max_(std::max(min, max)), ceiling_(min) {}

  void reset() { ceiling_ = min_; }

  // Between half of the minimum, so that an attempt never follows at once, and the ceiling.
  std::chrono::milliseconds next() {
    std::uniform_int_distribution<std::int64_t> delay{min_.count() / 2, ceiling_.count()};
    ceiling_ = std::min(max_, ceiling_ * 2);
    return std::chrono::milliseconds{delay(random_)};
  }

 private:
  std::chrono::milliseconds min_;
  std::chrono::milliseconds max_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace iotcard
