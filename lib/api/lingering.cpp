// SPDX-License-Identifier: Apache-2.0
#include "api/lingering.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace iotcard {
namespace {

constexpr std::chrono::seconds linger_patience{1};
constexpr int reads_at_once = 16;  // of one socket

// Whether the client may still send.
bool drained(int socket) {
  std::array<char, 16384> bytes;
  for (int i = 0; i < reads_at_once; ++i) {
    const ssize_t count = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
  }
  return true;
}

}  // namespace

Lingering::~Lingering() {
  for (const Socket& socket : sockets_) close(socket.descriptor);
}

void Lingering::add(int socket) noexcept {
  shutdown(socket, SHUT_WR);
  if (sockets_.size() == max_sockets || !drained(socket)) {
    close(socket);
    return;
  }
  sockets_.push_back({socket, std::chrono::steady_clock::now() + linger_patience});
}

std::size_t Lingering::watch(std::span<pollfd> polled) const {
  std::size_t count = 0;
  for (const Socket& socket : sockets_) polled[count++] = {socket.descriptor, POLLIN, 0};
  return count;
}

void Lingering::drain() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(sockets_, [&](const Socket& socket) {
    if (now < socket.until && drained(socket.descriptor)) return false;
    close(socket.descriptor);
    return true;
  });
}

}  // namespace iotcard
