// SPDX-License-Identifier: Apache-2.0
// tcp_relay.h - A wire between a client and a broker of 127.0.0.1 that a test can tap, cut and
// clog. Its own thread carries the bytes; all functions may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace iotcard {

class TcpRelay {
 public:
  enum class Mode : std::uint8_t {
    carry,    // both ways
    swallow,  // connections are accepted, what comes goes nowhere
    deaf,     // the broker's bytes arrive, what the client sends goes nowhere
    hang_up,  // a connection ends at the first bytes that the client sends
  };

  explicit TcpRelay(std::uint16_t target_port);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  std::uint16_t port() const;
  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port()); }

  void set_mode(Mode mode);  // for the connections there are, too
  void cut();                // has reset all connections when it returns; new ones are welcome

  std::size_t accepted() const;  // connections so far
  // What the client of the newest connection has sent, and the broker's share of it.
  std::string sent() const;
  std::string received() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// How many MQTT control packets of this type (MQTT 5.0, 2.1.2: 3 is PUBLISH, 4 PUBACK) stand in a
// stream of whole packets and perhaps a part of one more.
std::size_t count_packets(const std::string& stream, int type);

}  // namespace iotcard
