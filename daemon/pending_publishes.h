// SPDX-License-Identifier: Apache-2.0
// pending_publishes.h - Requests to devices, published among the events under numbers below zero,
// which no event has. Each caller waits for the broker's acknowledgement. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace iotcard {

class PendingPublishes {
 public:
  struct PublishResult {
    bool ok = false;
    std::string reason;
  };

  // `send` publishes under the number given to it; false: not connected, which is a result without
  // a reason. nullopt: no answer in time.
  std::optional<PublishResult> send_and_wait(const std::function<bool(std::int64_t number)>& send,
                                             std::chrono::milliseconds patience);
  // The result of a publication; one that nobody waits for any more is ignored.
  void published(std::int64_t number, bool ok, const std::string& reason);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t last_ = 0;                                      // guarded by mutex_
  std::map<std::int64_t, std::optional<PublishResult>> open_;  // by number; guarded by mutex_
};

}  // namespace iotcard
