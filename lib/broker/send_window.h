// SPDX-License-Identifier: Apache-2.0
// send_window.h - What is published over one connection: never more unacknowledged than the broker
// takes, the rest waits in order, and the result of each is reported exactly once. Beyond the
// broker's Receive Maximum (20 with mosquitto) the MQTT library falls from 20,000 messages a second
// to 150. It sends nothing itself and knows no library.
// Threads: any; `send` and `report` are called without its lock.
// Source: MQTT 5.0, 3.2.2.3.3 (Receive Maximum) and 4.9 (flow control).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/delivery.h"

namespace iotcard {

class SendWindow {
 public:
  struct Publication {
    std::int64_t token;
    std::string topic;
    std::string payload;
    int qos;
    bool retain;
  };
  struct Failure {
    bool disconnected;  // and so with all that follows
    std::string reason;
  };
  // Hands a publication to the library; finished() follows unless it fails.
  using Send = std::function<std::optional<Failure>(Publication&&)>;
  using Report =
      std::function<void(std::int64_t token, Delivery delivery, const std::string& reason)>;

  SendWindow(Send send, Report report) : send_(std::move(send)), report_(std::move(report)) {}
  ~SendWindow() { lose(); }

  // How many the broker takes; one is left for the status.
  void set_receive_maximum(int count);
  // False: not connected, and nothing will be reported. The caller bounds how many are under way.
  bool publish(Publication publication);
  // The broker has acknowledged or refused a publication that was sent, or the library gave it up.
  void finished(std::int64_t token, Delivery delivery, const std::string& reason);
  // The connection is over: reports what is open as lost. finished() may follow, and then does
  // nothing.
  void lose();

 private:
  bool close(std::int64_t token);
  void send_waiting();
  void give_back_waiting(const Failure& failure);

  const Send send_;
  const Report report_;
  struct State {
    std::multiset<std::int64_t> open;  // sent or waiting, and not reported
    std::deque<Publication> waiting;
    std::size_t sent = 0;  // and not acknowledged
    std::size_t limit = 1;
  };
  std::mutex mutex_;
  State state_;  // guarded by mutex_
};

}  // namespace iotcard
