// SPDX-License-Identifier: Apache-2.0
#include "support/byte_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "support/loopback.h"
#include "support/wait.h"

namespace iotcard {
namespace {

struct Listener {
  int socket;
  std::uint16_t port;
};

Listener listen_on(std::uint16_t port, int queue) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      listen(socket, queue) != 0) {
    const int error = errno;
    close(socket);
    throw std::system_error(error, std::generic_category(), "no server");
  }
  return {socket, ntohs(address.sin_port)};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string read_some(int socket) {
  std::array<char, 16384> bytes;
  const ssize_t got = recv(socket, bytes.data(), bytes.size(), 0);
  return got > 0 ? std::string{bytes.data(), static_cast<std::size_t>(got)} : "";
}

}  // namespace

bool ByteServer::Connection::send(std::string_view bytes) {
  return send_all(socket_, bytes);
}

std::string ByteServer::Connection::read() {
  return read_some(socket_);
}

std::string ByteServer::Connection::read_head() {
  std::string all;
  for (;;) {
    const std::string more = read();
    all += more;
    const std::size_t end = all.find("\r\n\r\n");
    if (end != std::string::npos) return all.substr(0, end);
    if (more.empty()) return all;
  }
}

void ByteServer::Connection::wait_for_end() {
  while (!read().empty()) {
  }
}

void ByteServer::Connection::carry_to(std::uint16_t port) {
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  bool whole = connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (whole) {
    std::array<pollfd, 2> sockets{{{socket_, POLLIN, 0}, {other, POLLIN, 0}}};
    poll(sockets.data(), sockets.size(), -1);
    for (std::size_t i = 0; i < sockets.size() && whole; ++i) {
      if (sockets[i].revents == 0) continue;
      const std::string bytes = read_some(sockets[i].fd);
      whole = !bytes.empty() && send_all(sockets[1 - i].fd, bytes);
    }
  }
  close(other);
}

class ByteServer::Impl {
 public:
  Impl(std::function<void(Connection&)> serve, std::uint16_t port)
      : serve_(std::move(serve)), listener_(listen_on(port, SOMAXCONN)) {
    thread_ = std::thread{[this] { accept_all(); }};
  }

  ~Impl() {
    stopping_ = true;
    shutdown(listener_.socket, SHUT_RDWR);  // wakes accept()
    thread_.join();
    close(listener_.socket);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
    for (const int socket : sockets_) close(socket);
  }

  std::uint16_t port() const { return listener_.port; }
  std::size_t accepted() const { return accepted_; }

 private:
  void accept_all() {
    for (;;) {
      const int socket = accept4(listener_.socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (stopping_ || socket < 0) {
        if (socket >= 0) close(socket);
        return;
      }
      ++accepted_;
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] {
        Connection connection{socket};
        serve_(connection);
        shutdown(socket, SHUT_RDWR);  // closed by the destructor, when nobody can have its number
      });
    }
  }

  const std::function<void(Connection&)> serve_;
  const Listener listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> accepted_ = 0;
  std::vector<int> sockets_;  // of thread_, and of the destructor when it has ended
  std::vector<std::thread> threads_;
  std::thread thread_;
};

ByteServer::ByteServer(std::function<void(Connection&)> serve, std::uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(serve), port)) {}
ByteServer::~ByteServer() = default;
std::uint16_t ByteServer::port() const {
  return impl_->port();
}
std::size_t ByteServer::accepted() const {
  return impl_->accepted();
}

class StuckPort::Impl {
 public:
  Impl() : listener_(listen_on(0, 0)) {
    const sockaddr_in address = loopback(listener_.port);
    for (;;) {  // until one is not taken into the queue
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockets_.push_back(socket);
      connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      pollfd connected{socket, POLLOUT, 0};
      // On the loopback interface whoever is taken is so at once.
      if (poll(&connected, 1, 200) == 0) break;
    }
    own_ = knocking();
  }
  ~Impl() {
    for (const int socket : sockets_) close(socket);
    close(listener_.socket);
  }
  std::uint16_t port() const { return listener_.port; }
  bool somebody_knocks() const { return knocking() > own_; }

 private:
  std::size_t knocking() const;

  const Listener listener_;
  std::vector<int> sockets_;
  std::size_t own_ = 0;
};

// How many connections to the port have been asked for and not answered, in the whole system.
std::size_t StuckPort::Impl::knocking() const {
  const std::string line = fmt::format(" 0100007F:{:04X} 02 ", listener_.port);  // SYN_SENT
  const std::string table = read_file("/proc/net/tcp");
  std::size_t found = 0;
  for (std::size_t at = 0; (at = table.find(line, at)) != std::string::npos; ++at) ++found;
  return found;
}

StuckPort::StuckPort() : impl_(std::make_unique<Impl>()) {}
StuckPort::~StuckPort() = default;
std::uint16_t StuckPort::port() const {
  return impl_->port();
}

bool StuckPort::somebody_knocks() const {
  return impl_->somebody_knocks();
}

}  // namespace iotcard
