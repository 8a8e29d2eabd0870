// SPDX-License-Identifier: Apache-2.0
// delivery_guard.h - Recognises a message that ends each connection that receives it: one that the
// MQTT library cannot read, or that the process has no memory for. The broker keeps such a message
// and sends it first after each reconnect. Counts the connections in a row that ended before their
// first message was received, in a file, since the process may end with the connection.
// Not counted: what the network or the broker ends. A process that is killed for another reason
// looks the same, so the first pause is short, and each further end doubles it. Functions never
// throw: without its file the guard counts within this process only. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

namespace iotcard {

class DeliveryGuard {
 public:
  static constexpr int limit = 3;  // connections in a row
  // A message that ends the connection comes first; a connection that lasted so long is well. A
  // large one takes its time: 75 MB at 10 Mbit/s a minute.
  static constexpr std::chrono::minutes well_after{10};

  explicit DeliveryGuard(std::string path);

  // CONNACK says that the broker has a session: if the process ends from here on, that counts.
  void connected() noexcept;
  void message_received() noexcept;
  void unreadable() noexcept;    // the library cannot read a packet: that counts
  void disconnected() noexcept;  // for another reason
  void check(std::chrono::steady_clock::time_point now) noexcept;  // now and then: well_after
  void allow_one_more() noexcept;                                  // the pause has passed
  void start_over() noexcept;  // somebody may have removed the cause: the pause is short again

  bool blocked() const;
  // How long to stay without deliveries while blocked.
  std::chrono::seconds pause() const;

 private:
  void set(int count, bool open) noexcept;  // with the lock

  const std::string path_;
  std::atomic<bool> watching_{false};  // something would change with a message
  mutable std::mutex mutex_;
  struct State {
    int ended = 0;         // connections in a row, before the one that is open
    bool allowed = false;  // one more, although so many have ended
    bool open = false;     // a connection that has received nothing yet
    std::chrono::steady_clock::time_point since{};  // when it was opened
  };
  State state_;  // guarded by mutex_
};

}  // namespace iotcard
