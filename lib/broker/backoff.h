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
  Backoff(std::chrono::milliseconds least, std::chrono::milliseconds most)
      : least_(least), most_(std::max(least, most)), ceiling_(least) {}

  void reset() { ceiling_ = least_; }

  // Between half of the least, so that an attempt never follows at once, and the ceiling.
  std::chrono::milliseconds next() {
    std::uniform_int_distribution<std::int64_t> delay{least_.count() / 2, ceiling_.count()};
    ceiling_ = std::min(most_, ceiling_ * 2);
    return std::chrono::milliseconds{delay(random_)};
  }

 private:
  std::chrono::milliseconds least_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace iotcard
