// SPDX-License-Identifier: Apache-2.0
// broker_client.h - A short session with the broker: a clean start under a random client id, so
// that it disturbs neither the daemon nor another tool. Publishes with a bounded window and counts
// acknowledgements. The main thread only; `on_message` runs on the session's threads.
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
  ~BrokerClient();  // disconnects
  BrokerClient(const BrokerClient&) = delete;
  BrokerClient& operator=(const BrokerClient&) = delete;

  // Returns connected and subscribed; throws BrokerError.
  void connect(std::chrono::milliseconds timeout);
  // Sends at QoS 1. Waits while too many messages are on their way, and for a connection that was
  // lost, but never longer than `timeout`: then throws BrokerError. False: interrupted.
  bool publish(const std::string& topic, std::string_view payload,
               std::chrono::milliseconds timeout);
  // Waits until everything is acknowledged. False: not within `timeout`, or interrupted.
  bool drain(std::chrono::milliseconds timeout);

  std::int64_t acknowledged() const;
  // Why the connection was last lost since the last call; "" if it was not.
  std::string take_trouble();

 private:
  // Under `lock`: waits until `ready` or an interrupt; false if neither comes in time.
  template <typename Ready>
  bool wait(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds timeout,
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
