// SPDX-License-Identifier: Apache-2.0
#include "broker/socket_delay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string>

namespace iotcard {
namespace {

// A storm: so many messages in less than this, which is 5,000 a second.
constexpr int counted = 64;
constexpr std::chrono::microseconds storm_time{12'800};

std::uint16_t peer_port_of(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return 0;
  if (peer.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&peer)->sin_port);
  if (peer.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&peer)->sin6_port);
  return 0;
}

// The newest, which has the highest number as a rule; -1 if there is none.
int find_socket(std::uint16_t peer_port) {
  int found = -1;
  std::error_code error;
  std::filesystem::directory_iterator open_files{"/proc/self/fd", error};
  for (; !error && open_files != std::filesystem::directory_iterator{};
       open_files.increment(error)) {
    const std::string name = open_files->path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd > found && peer_port_of(fd) == peer_port) found = fd;
  }
  return found;
}

}  // namespace

void SocketDelay::connected(std::uint16_t peer_port) {
  socket_ = find_socket(peer_port);
}

void SocketDelay::message_received(Time now) noexcept {
  ++messages_;
  if (const bool long_ago = now - since_ >= storm_time; long_ago || messages_ == counted) {
    storm_ = !long_ago;
    messages_ = 0;
    since_ = now;
  }
  const int socket = socket_;
  if (socket == last_socket_ && storm_ == last_storm_) return;
  last_socket_ = socket;
  last_storm_ = storm_;
  const int no_delay = storm_ ? 0 : 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
}

}  // namespace iotcard
