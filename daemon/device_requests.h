// SPDX-License-Identifier: Apache-2.0
// device_requests.h - Asks devices for a report: publishes on their request topic, among the events
// but under numbers below zero, which no event has, and waits for the broker's acknowledgement.
// Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/api_host.h"
#include "base/problem.h"

namespace iotcard {

class DeviceRequests {
 public:
  // False: not connected, and published() will not be called.
  using Publish = std::function<bool(std::int64_t number, const std::string& topic)>;

  explicit DeviceRequests(Publish publish) : publish_(std::move(publish)) {}

  // Waits for 5 s at most, or until stop().
  AskResult ask(const std::variant<std::string, Problem>& where);
  void stop();  // whoever waits now or later has no answer
  // The result of a publication; one that nobody waits for any more is ignored.
  void published(std::int64_t number, bool ok, const std::string& reason);

 private:
  const Publish publish_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;   // guarded by mutex_
  std::int64_t last_ = 0;  // guarded by mutex_
  // By number, those that are waited for; guarded by mutex_.
  std::map<std::int64_t, std::optional<AskResult>> open_;
};

}  // namespace iotcard
