// SPDX-License-Identifier: Apache-2.0
#include "load/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "support/mqtt_wire.h"
#include "support/wait.h"

namespace iotcard {
namespace {

constexpr std::size_t connack_size = 4;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

BrokerSocket::BrokerSocket(std::uint16_t port, const std::string& client_id)
    : handle_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connecting to the broker");
  }
  const std::string version{"\x04\x02\0\0", 4};  // 3.1.1, clean session, no keep-alive
  write_all(wire::packet(wire::connect, 0, wire::text("MQTT") + version + wire::text(client_id)));
  std::string answer;
  while (answer.size() < connack_size) {
    if (!wait(patience)) throw std::runtime_error("the broker does not answer");
    read_some(answer);
  }
  if (answer[3] != 0) throw std::runtime_error("the broker refuses the connection");
}

BrokerSocket::~BrokerSocket() {
  close(handle_);
}

void BrokerSocket::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t written = write_some(bytes);
    bytes.remove_prefix(written);
    if (written == 0 && !wait(patience, true)) throw std::runtime_error("the broker takes nothing");
  }
}

std::size_t BrokerSocket::write_some(std::string_view bytes) {
  const ssize_t written = send(handle_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno != EAGAIN && errno != EINTR) fail("writing to the broker");
  return 0;
}

bool BrokerSocket::read_some(std::string& buffer) {
  std::array<char, 65536> bytes;
  const ssize_t size = recv(handle_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size == 0) throw std::runtime_error("the broker has ended the connection");
  if (size < 0) {
    if (errno != EAGAIN && errno != EINTR) fail("reading from the broker");
    return false;
  }
  buffer.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

bool BrokerSocket::wait(std::chrono::nanoseconds longest, bool or_room) {
  pollfd ready{.fd = handle_, .events = POLLIN, .revents = 0};
  if (or_room) ready.events |= POLLOUT;
  constexpr std::int64_t second = 1'000'000'000;
  const timespec time{.tv_sec = longest.count() / second, .tv_nsec = longest.count() % second};
  return ppoll(&ready, 1, &time, nullptr) > 0;
}

}  // namespace iotcard
