// SPDX-License-Identifier: Apache-2.0
// pending_result.h - What one request to the broker came to: the library's callback fills it in,
// another thread waits for it. Not the library's token, whose wait() takes the reason code "no
// matching subscribers" for a failure. It must outlive the client object that it was given to. For
// lib/broker only, as it includes the library.
#pragma once

#include <mqtt/iaction_listener.h>
#include <mqtt/token.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace iotcard {

class Answer : public mqtt::iaction_listener {
 public:
  struct Result {
    bool ok = false;
    int code = 0;           // of CONNACK, SUBACK, PUBACK; negative: the library's own
    std::string message{};  // the library's, to tell its own failures apart
    bool session_present = false;
    int receive_maximum = 65535;  // of CONNACK: publications that the broker takes unacknowledged
    std::vector<int> granted{};   // of SUBACK, one for each filter
  };

  // What the library says of a request that has ended. A refusal can come as a success.
  static Result read(const mqtt::token& token, bool ok);

  void on_success(const mqtt::token& token) noexcept override { take(token, true); }
  void on_failure(const mqtt::token& token) noexcept override { take(token, false); }

  bool wait_for(std::chrono::milliseconds time);    // true: it is here
  const Result& result() const { return result_; }  // once it is here

 private:
  void take(const mqtt::token& token, bool ok) noexcept;

  std::mutex mutex_;
  std::condition_variable came_;
  bool here_ = false;  // guarded by mutex_, as the next
  Result result_;
};

}  // namespace iotcard
