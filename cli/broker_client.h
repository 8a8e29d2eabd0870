// SPDX-License-Identifier: Apache-2.0
// broker_client.h - A short-lived session of a tool: a clean start under a random client id, so
// that it disturbs neither the daemon nor another tool. Connects, publishes with a bounded window,
// counts acknowledgements. The main thread only; `on_message` runs on the session's threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "broker/session.h"
#include "config/config.h"

namespace iotcard {

// The broker cannot be reached, or did not answer in time; the message names it and the reason.
class BrokerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A clean start under a random client id, with the configuration's account and TLS.
SessionOptions tool_options(const BrokerConfig& config, std::vector<std::string> filters);

class BrokerClient {
 public:
  using Handler = std::function<void(const Message&)>;

  BrokerClient(const BrokerConfig& config, std::vector<std::string> filters, Handler on_message);
  ~BrokerClient();  // leaves the broker
  BrokerClient(const BrokerClient&) = delete;
  BrokerClient& operator=(const BrokerClient&) = delete;

  // Returns connected and subscribed; throws BrokerError.
  void connect(std::chrono::milliseconds patience);
  // Sends at QoS 1. Waits while too many messages are on their way, and for a connection that was
  // lost, but never longer than `patience`: then throws BrokerError. False: interrupted.
  bool publish(const std::string& topic, std::string_view payload,
               std::chrono::milliseconds patience);
  // Waits until nothing is on its way any more. False: not within `patience`, or interrupted.
  bool drain(std::chrono::milliseconds patience);

  std::int64_t acknowledged() const;
  // The last reason for which the connection was lost since this was asked, or "".
  std::string take_trouble();

 private:
  // Under `lock`: waits until `ready` or an interrupt; false if neither comes in time.
  template <typename Ready>
  bool wait(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds patience,
            const Ready& ready);

  const std::string url_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;         // guarded by mutex_, as all that follow but session_
  int failures_ = 0;               // of attempts, and lost connections
  std::string reason_;             // of the last one
  std::string trouble_;            // not yet asked for
  std::int64_t in_flight_ = 0;     // messages
  std::int64_t acknowledged_ = 0;  // messages
  std::int64_t token_ = 0;
  std::unique_ptr<Session> session_;
};

}  // namespace iotcard
