// SPDX-License-Identifier: Apache-2.0
// session_history.h - How the connections of a session began and ended, and who else publishes on
// its status topic: from that, what an operator should be warned of. Another program with the same
// client id ends the connection again and again, and with MQTT 3.1.1 the broker does not say why.
// Reads no clock. Any thread. Source: MQTT 5.0, 3.1.4 and 4.13 (session taken over).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace iotcard {

class SessionHistory {
 public:
  // For how long the end of a connection counts.
  static constexpr std::chrono::minutes window{10};
  // So many connections in a row of such a length are flapping.
  static constexpr std::size_t many = 3;
  static constexpr std::chrono::seconds short_connection{30};

  explicit SessionHistory(std::string client_id) : client_id_(std::move(client_id)) {}

  void connected(Instant now);
  void taken_over(Instant now);  // the broker says so
  // The connection, or an attempt to connect, has ended. `asked_for`: by this program.
  void ended(Instant now, const std::string& reason, bool asked_for);

  // Another client publishes its status on the session's status topic; "" for an unknown one.
  // False: this client is known already.
  bool add_rival(const std::string& client);
  void remove_rival(const std::string& client);  // it says that it is offline
  void remove_rivals();                          // the status topic is another one now

  // A sentence each, with what to do behind its last semicolon. They stay the same until something
  // happens or is older than `window`.
  std::vector<std::string> warnings(Instant now) const;

  struct Counts {
    std::uint64_t connections = 0;  // that were established
    std::uint64_t takeovers = 0;
  };
  Counts counts() const;

 private:
  struct End {
    Instant at;
    std::string reason;
  };
  const std::string client_id_;
  mutable std::mutex mutex_;
  struct State {  // guarded by mutex_
    Counts counts;
    std::optional<Instant> connected_at;  // while connected
    std::deque<Instant> takeovers;        // the newest `max_kept`
    std::deque<End> short_ends;           // the newest `max_kept` since the last long connection
    std::map<std::string, bool> rivals;   // by client id; whether it is there now
  } state_;
};

}  // namespace iotcard
