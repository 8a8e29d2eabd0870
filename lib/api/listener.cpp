// SPDX-License-Identifier: Apache-2.0
#include "api/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace iotcard {
namespace {

constexpr int backlog = 128;
constexpr int send_buffer = 128 << 10;       // bytes; the kernel doubles it
constexpr unsigned unacknowledged = 30'000;  // milliseconds that sent bytes may be

using Resolved = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Resolved resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    throw std::runtime_error{"api.listen: expected HOST:PORT, not " + address};
  }
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port = address.substr(colon + 1);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error{fmt::format("api.listen: {} is no address of this machine: {}",
                                         address, gai_strerror(error))};
  }
  return {found, freeaddrinfo};
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(four.sin_addr.s_addr) >> 24 == 127;
  }
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) != 0;
}

}  // namespace

Listener::Listener(const std::string& address) {
  bind_to(address);
}

void Listener::bind_to(const std::string& address) {
  const Resolved resolved = resolve(address);
  int error = 0;
  for (const addrinfo* one = resolved.get(); one != nullptr; one = one->ai_next) {
    const int made = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // One that has just ended leaves connections behind that would be in the way.
    const int yes = 1;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (made >= 0 && bind(made, one->ai_addr, one->ai_addrlen) == 0 && listen(made, backlog) == 0) {
      socket_ = made;
      break;
    }
    error = errno;
    if (made >= 0) close(made);
  }
  if (socket_ < 0) {
    const std::string hint = error == EADDRINUSE
                                 ? "; does another program, or another iotcardd, listen there? Set "
                                   "api.listen to another port, or to \"\" to turn the API off"
                                 : "; set api.listen to an address of this machine and a port from "
                                   "1024 on, or to \"\" to turn the API off";
    throw std::runtime_error{fmt::format("cannot listen on {}: {}{}", address,
                                         std::generic_category().message(error), hint)};
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size);
  loopback_ = is_loopback(bound);
  port_ =
      ntohs(bound.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(bound).sin_port
                                       : reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
}

Listener::~Listener() {
  if (socket_ >= 0) close(socket_);
}

Listener::Accepted Listener::accept() {
  Accepted made;
  made.address_size = sizeof made.address;
  made.socket = accept4(socket_, reinterpret_cast<sockaddr*>(&made.address), &made.address_size,
                        SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (made.socket >= 0) {
    const int yes = 1;
    setsockopt(made.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // Who is gone without a word holds no place for a quarter of an hour.
    setsockopt(made.socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
    // Who does not read shall be found out before the kernel has stored megabytes for him.
    setsockopt(made.socket, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  } else {
    made.exhausted = errno != EAGAIN && errno != ECONNABORTED && errno != EINTR;
  }
  return made;
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    const bool is_four = IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) != 0;
    inet_ntop(is_four ? AF_INET : AF_INET6, six.sin6_addr.s6_addr + (is_four ? 12 : 0), text.data(),
              text.size());
  }
  return text.data();
}

}  // namespace iotcard
