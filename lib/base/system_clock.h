// SPDX-License-Identifier: Apache-2.0
// system_clock.h - The time of day, as the system has it. Any thread.
#pragma once

#include "base/time.h"

namespace iotcard {

class SystemClock : public Clock {
 public:
  Instant now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace iotcard
