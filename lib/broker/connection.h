// SPDX-License-Identifier: Apache-2.0
// connection.h - One connection to the broker, from connect to its end: one client object of the
// MQTT library, never used again. Session makes a new one for each attempt, so nothing that the
// library keeps of an old connection can come back.
// Threads: open() and close() on the session's thread; publish() from any; the callbacks run on the
// library's threads, which hold its global mutex: they take no lock that is held around a call
// into the library.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "broker/session.h"

namespace iotcard {

// An attempt failed; the message names the broker and the cause.
class ConnectionError : public std::runtime_error {
 public:
  ConnectionError(const std::string& what, bool other_protocol_may_help)
      : std::runtime_error(what), other_protocol_may_help_(other_protocol_may_help) {}
  bool other_protocol_may_help() const { return other_protocol_may_help_; }

 private:
  bool other_protocol_may_help_;
};

class Connection {
 public:
  struct Hooks {
    std::function<void(const Message&)> on_message;
    std::function<void(std::int64_t, bool, const std::string&)> on_published;
    std::function<void()> on_lost;  // see lost() and reason()
    std::function<bool()> give_up;  // asked while waiting
  };

  Connection(const SessionOptions& options, bool mqtt5, Hooks hooks);
  ~Connection();  // without a farewell; what was published and not acknowledged is told as lost
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects and returns whether the broker still had the session. Throws ConnectionError.
  bool open();
  // Subscribes to all filters. Throws ConnectionError.
  void subscribe();
  // Publishes and waits for the acknowledgement. Throws ConnectionError.
  void publish_and_wait(const std::string& topic, const std::string& payload, bool retain,
                        std::chrono::milliseconds patience);
  bool publish(std::int64_t token, const std::string& topic, std::string_view payload, int qos,
               bool retain);
  // Says good-bye to the broker, which keeps the session and drops the last will.
  void close(std::chrono::milliseconds patience);

  bool lost() const { return lost_; }
  std::string reason() const;  // why it was lost

 private:
  class Client;  // the library's, and its listener

  void settle(std::int64_t token, bool ok, const std::string& reason);
  void note_lost(const std::string& reason);
  ConnectionError error(const std::string& what, bool other_protocol_may_help = false) const;
  template <typename Token>
  void wait(const Token& token, std::chrono::milliseconds patience, const char* what);

  const SessionOptions& options_;
  const bool mqtt5_;
  const Hooks hooks_;
  std::atomic<bool> lost_{false};
  mutable std::mutex mutex_;
  std::set<std::int64_t> in_flight_;  // guarded by mutex_
  std::string reason_;                // likewise
  std::string tls_error_;             // likewise
  std::unique_ptr<Client> client_;
};

}  // namespace iotcard
