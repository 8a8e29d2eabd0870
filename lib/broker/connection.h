// SPDX-License-Identifier: Apache-2.0
// connection.h - One connection to the broker, from connect to its end: one client object of the
// MQTT library, never used again. Session makes a new one for each attempt, so nothing that the
// library keeps of an old connection can come back.
// Threads: publish(), lost() and reason() from any; all else, the destructor
// included, on the session's thread, and no publish() may be under way when it ends. The hooks run
// on the library's threads, which hold its global mutex: they take no lock that is held around a
// call of ours.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "broker/address.h"
#include "broker/send_window.h"
#include "broker/session.h"
#include "broker/socket_delay.h"

namespace iotcard {

// An attempt failed; the message names the broker and the cause.
class ConnectionError : public std::runtime_error {
 public:
  enum class Cause : std::uint8_t {
    unreachable,  // no host, no TCP, no TLS: the broker has not seen what we speak
    version,      // refused for its version, or hung up on it without a word
    other,
  };
  // `connack`: its code; 0: there was no CONNACK.
  ConnectionError(const std::string& what, Cause cause, int connack = 0)
      : std::runtime_error(what), cause_(cause), connack_(connack) {}
  Cause cause() const { return cause_; }
  int connack() const { return connack_; }

 private:
  Cause cause_;
  int connack_;
};

class PendingResult;

class Connection {
 public:
  // What the session wants to know besides the handlers.
  struct Hooks {
    std::function<void()> on_lost;  // see lost() and reason()
    std::function<bool()> give_up;  // asked while waiting to open and subscribe
  };

  // Handlers and hooks must not throw: what would cross the library's C frames ends the process
  // instead, and so leaves the message with the broker. All arguments outlive the connection.
  Connection(const SessionOptions& options, bool mqtt5, const Concessions& concessions,
             const SessionHandlers& handlers, const Hooks& hooks);
  // Without a farewell; what was published and not acknowledged is reported as lost.
  ~Connection();

  void open();  // throws ConnectionError
  // To all filters, after the obsolete ones are gone; throws ConnectionError.
  void subscribe();
  // Once it is open; grants and notices once it is subscribed.
  const ConnectionFacts& facts() const { return facts_; }

  // Hands one message over, or keeps it until the broker takes more; the caller bounds how many.
  bool publish(std::int64_t token, const std::string& topic, std::string_view payload, int qos,
               bool retain);
  // Publishes at QoS 1, retained, and waits for the acknowledgement, or until that is no use any
  // more. Throws ConnectionError.
  void publish_status(const std::string& payload, std::chrono::milliseconds patience,
                      const std::function<bool()>& until);
  // Says good-bye to the broker, which keeps the session and drops the last will.
  void close(std::chrono::milliseconds patience);
  // The keep-alive time in CONNECT.
  std::chrono::seconds keep_alive() const;

  bool lost() const { return lost_; }
  std::string reason() const;  // why it was lost

 private:
  class Client;  // the library's, with its callbacks

  void connect();
  void end_session(std::chrono::milliseconds patience);
  void set_lost(const std::string& reason);
  // Sends one request and waits for its result, at most `patience`; throws ConnectionError.
  PendingResult& request(const std::string& what, std::chrono::milliseconds patience,
                         const std::function<bool()>& until,
                         const std::function<void(PendingResult&)>& send);
  // False if the time is over, `until` says so, or the connection is lost.
  bool wait(PendingResult& result, std::chrono::milliseconds patience,
            const std::function<bool()>& until);
  ConnectionError explain_failed_connect(const PendingResult& result);
  ConnectionError error(const std::string& what,
                        ConnectionError::Cause cause = ConnectionError::Cause::other,
                        int connack = 0);
  void subscribe_to(const std::string& filter, bool optional);
  void watch_status();
  std::string explain(const std::string& reason);

  const SessionOptions& options_;
  const SessionHandlers& handlers_;
  const Hooks& hooks_;
  ConnectionFacts facts_;
  std::atomic<bool> lost_{false};
  std::atomic<bool> closing_{false};  // the destructor runs
  mutable std::mutex mutex_;
  std::string reason_;                // guarded by mutex_
  std::string unreadable_;            // guarded by mutex_
  std::list<PendingResult> results_;  // used by the session's thread
  SendWindow send_window_;
  SocketDelay delay_;
  std::unique_ptr<Client> client_;  // ends before what its callbacks use
};

}  // namespace iotcard
