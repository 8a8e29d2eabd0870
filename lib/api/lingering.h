// SPDX-License-Identifier: Apache-2.0
// lingering.h - Sockets whose connection is over, kept open for a second: what the client still
// sends is thrown away, so that it reads the answer before the connection is reset. A bounded
// number; one thread. Source: RFC 9112, 9.6.
#pragma once

#include <poll.h>

#include <chrono>
#include <span>
#include <vector>

namespace iotcard {

class Lingering {
 public:
  Lingering() { sockets_.reserve(max_sockets); }
  ~Lingering();
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;

  // Takes a socket of its own, and says to the client that nothing more follows. Closed at once if
  // there are too many.
  void add(int socket) noexcept;
  // Fills in what is to be watched; returns how many.
  std::size_t watch(std::span<pollfd> polled) const;
  // Reads what has come; closes those whose client has ended or whose time is over.
  void drain();
  bool empty() const { return sockets_.empty(); }

  static constexpr std::size_t max_sockets = 64;

 private:
  struct Socket {
    int descriptor;
    std::chrono::steady_clock::time_point until;
  };
  std::vector<Socket> sockets_;
};

}  // namespace iotcard
