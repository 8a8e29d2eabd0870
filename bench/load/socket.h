// SPDX-License-Identifier: Apache-2.0
// socket.h - A TCP connection to the broker that has said CONNECT, MQTT 3.1.1, clean, without
// keep-alive. MqttProbe is for tests and handles each message by itself; what makes and counts a
// storm takes and gives many at a time, so that it leaves the machine to what is measured.
// Throws std::exception. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace iotcard {

class BrokerSocket {
 public:
  BrokerSocket(std::uint16_t port, const std::string& client_id);
  ~BrokerSocket();
  BrokerSocket(const BrokerSocket&) = delete;
  BrokerSocket& operator=(const BrokerSocket&) = delete;

  int handle() const { return handle_; }
  void write_all(std::string_view bytes);
  // As much as there is room for; 0: none.
  std::size_t write_some(std::string_view bytes);
  // Appends what has come; false: nothing has. Throws at the end of the connection.
  bool read_some(std::string& buffer);
  // Until there is something to read, or room to write if `or_room`; false: time is over.
  bool wait(std::chrono::nanoseconds longest, bool or_room = false);

 private:
  int handle_;
};

}  // namespace iotcard
