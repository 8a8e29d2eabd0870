// SPDX-License-Identifier: Apache-2.0
// send_window.h - What is published over one connection: never more unacknowledged than the broker
// takes, the rest waiting in order, and each told about exactly once. Beyond the broker's Receive
// Maximum (20 with mosquitto) the library falls from 20,000 messages a second to 150.
// Threads: publish() from any; the rest on the session's thread and the library's. It must outlive
// the client object. For lib/broker only, as it includes the library.
// Source: MQTT 5.0, 3.2.2.3.3 (Receive Maximum) and 4.9 (flow control).
#pragma once

#include <mqtt/async_client.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace iotcard {

class SendWindow : public mqtt::iaction_listener {
 public:
  using PublishResult = std::function<void(std::int64_t token, bool ok, const std::string& reason)>;

  explicit SendWindow(PublishResult told) : told_(std::move(told)) {}

  // How many the broker takes; one is left for the status.
  void set_receive_maximum(int count);
  // False: not connected, and nothing will be told. The caller bounds how many are under way.
  bool publish(mqtt::async_client& client, std::int64_t token, mqtt::const_message_ptr message);
  // The connection is over, no callback comes any more: what is open is told as lost.
  void lose();

  void on_success(const mqtt::token& token) noexcept override { settle(token, true); }
  void on_failure(const mqtt::token& token) noexcept override { settle(token, false); }

 private:
  struct Waiting {
    std::int64_t token;
    mqtt::const_message_ptr message;
  };

  bool forget(std::int64_t token);
  void send(mqtt::iasync_client& client, const Waiting& publication);
  void settle(const mqtt::token& token, bool ok) noexcept;

  const PublishResult told_;
  std::mutex mutex_;
  std::multiset<std::int64_t>
      open_;  // guarded by mutex_, as all that follows; sent and waiting ones
  std::deque<Waiting> waiting_;
  std::size_t sent_ = 0;  // and not acknowledged
  std::size_t limit_ = 1;
};

}  // namespace iotcard
