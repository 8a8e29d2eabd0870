// SPDX-License-Identifier: Apache-2.0
// broker_client.h - A short session with the broker: a clean start under a random client id, so
// that it disturbs neither the daemon nor another tool. Publishes with a bounded window and counts
// acknowledgements. The main thread only; `on_message` runs on the session's threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
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
SessionOptions tool_options(const BrokerSettings& settings, std::vector<std::string> filters);

class BrokerClient {
 public:
  using Handler = std::function<void(const Message&)>;
  // Without `on_message`, the last message of each topic is kept; see messages().
  explicit BrokerClient(SessionOptions options, Handler on_message = {});
  ~BrokerClient();  // disconnects

  // To be published on the status topic of the options once connected; to be set before that.
  void set_status(std::string status) { session_->set_status(std::move(status)); }
  // Returns connected and subscribed; throws BrokerError.
  void connect(std::chrono::milliseconds timeout);
  // The same, but returns what is wrong, "" for nothing; gives up after so many failed attempts.
  std::string try_connect(std::chrono::milliseconds timeout, int attempts);
  // Sends at QoS 1. Waits while too many messages are on their way, and for a connection that was
  // lost, but never longer than `timeout`: then throws BrokerError. False: interrupted.
  bool publish(const std::string& topic, std::string_view payload,
               std::chrono::milliseconds timeout);
  // Waits until everything is acknowledged. False: not within `timeout`, or interrupted.
  bool drain(std::chrono::milliseconds timeout);
  std::int64_t acknowledged() const;
  // Why the last message was not taken that was not; "" if all were.
  std::string refusal() const;
  bool is_connected() const;
  // Why the connection was last lost since the last call; "" if it was not.
  std::string take_trouble();
  // Those kept, by topic, once there are so many or the time is over.
  std::map<std::string, std::string> messages(std::size_t topics,
                                              std::chrono::milliseconds timeout);
  // Those kept once one of `topic` has come, or `timeout` is over, and no other topic for `quiet`.
  std::map<std::string, std::string> messages_behind(const std::string& topic,
                                                     std::chrono::milliseconds timeout,
                                                     std::chrono::milliseconds quiet);
  ConnectionFacts facts() const;  // of the last connection

 private:
  // Under `lock`: waits until `ready` or an interrupt; false if neither comes in time.
  template <typename Ready>
  bool wait(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds timeout,
            const Ready& ready);
  template <typename Change>
  void change(const Change& change);

  const std::string url_;
  // Guarded by mutex_.
  struct State {
    bool connected = false;
    ConnectionFacts facts;
    int failures = 0;               // of attempts, and lost connections
    std::string reason;             // of the last one
    std::string trouble;            // not yet asked for
    std::int64_t in_flight = 0;     // messages
    std::int64_t acknowledged = 0;  // messages
    std::string refusal;
    std::int64_t token = 0;
    std::map<std::string, std::string> messages;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
  std::unique_ptr<Session> session_;
};

}  // namespace iotcard
