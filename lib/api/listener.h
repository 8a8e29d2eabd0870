// SPDX-License-Identifier: Apache-2.0
// listener.h - A TCP port that takes connections: says why it could not bind, and survives passing
// errors. One thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace iotcard {

class Listener {
 public:
  // "HOST:PORT" or "[ADDRESS]:PORT"; port 0 is any that is free. Throws std::runtime_error that
  // says why it cannot be listened on.
  explicit Listener(const std::string& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }
  bool loopback() const { return loopback_; }
  int socket() const { return socket_; }

  struct Accepted {
    int socket = -1;         // -1: nobody waits
    bool exhausted = false;  // nothing can be accepted now, for want of descriptors or memory
    sockaddr_storage address{};
    socklen_t address_size = 0;
  };
  Accepted accept();  // does not wait

 private:
  void bind_to(const std::string& address);

  int socket_ = -1;
  std::uint16_t port_ = 0;
  bool loopback_ = false;
};

// "192.0.2.7", also of an address of version 4 in one of version 6.
std::string address_text(const sockaddr_storage& address);

}  // namespace iotcard
