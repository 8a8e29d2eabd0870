// SPDX-License-Identifier: Apache-2.0
// listener.h - A TCP port that takes connections. cpp-httplib has one of its own, which lets two
// programs share the port, keeps five callers waiting at most, says nothing about why it could not
// bind, and ends for good at some passing errors. One thread runs accept(); stop() from any.
#pragma once

#include <atomic>
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

  // The next connection; -1 once it is stopped.
  int accept();
  void stop();

 private:
  void bind_to(const std::string& address);

  int socket_ = -1;
  int wake_ = -1;  // an eventfd that stop() writes to
  std::atomic<bool> stopped_{false};
  std::uint16_t port_ = 0;
  bool loopback_ = false;
};

}  // namespace iotcard
