// SPDX-License-Identifier: Apache-2.0
// asks.h - Requests to devices, published in between the events: numbers below zero, so that the
// two never meet, and somebody who waits for each acknowledgement. Any thread.
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

  // `send` publishes under the number given to it; false: not connected. nullopt: no answer in
  // time. PublishResult with an empty reason and not ok: not connected.
  std::optional<PublishResult> ask(const std::function<bool(std::int64_t number)>& send,
                                   std::chrono::milliseconds patience);
  // What became of a publication; those that nobody waits for any more are ignored.
  void published(std::int64_t number, bool ok, const std::string& reason);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t last_ = 0;                                      // guarded by mutex_, as what follows
  std::map<std::int64_t, std::optional<PublishResult>> open_;  // by number
};

}  // namespace iotcard
