// SPDX-License-Identifier: Apache-2.0
// pending_result.h - The result of one request to the broker: the library's callback fills it in,
// another thread waits for it. Not the library's token, whose wait() takes the reason code "no
// matching subscribers" for a failure. It must outlive the client object that it was given to. For
// lib/broker only, as it includes the library.
#pragma once

#include <mqtt/iaction_listener.h>
#include <mqtt/token.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker_limits.h"

namespace iotcard {

class PendingResult : public mqtt::iaction_listener {
 public:
  struct Result {
    bool ok = false;
    int code = 0;           // of CONNACK, SUBACK, PUBACK; negative: the library's own
    std::string message{};  // the library's, to tell its own failures apart
    // Of CONNACK.
    bool session_present = false;
    Announcement announced{};
    std::vector<int> granted{};  // of SUBACK, one for each filter
  };
  // Called on the library's thread, before whoever waits is woken; must not throw.
  using Hook = std::function<void(const Result&)>;

  // What the library says of a request that has ended. A refusal can come as a success.
  static Result read(const mqtt::token& token, bool ok);

  explicit PendingResult(Hook hook = {}) : hook_(std::move(hook)) {}

  void on_success(const mqtt::token& token) noexcept override { take(token, true); }
  void on_failure(const mqtt::token& token) noexcept override { take(token, false); }

  bool wait_for(std::chrono::milliseconds time);    // true: the result is known
  const Result& result() const { return result_; }  // once it is known

 private:
  void take(const mqtt::token& token, bool ok) noexcept;

  const Hook hook_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool known_ = false;  // guarded by mutex_; result_ does not change once it is set
  Result result_;
};

}  // namespace iotcard
