// SPDX-License-Identifier: Apache-2.0
#include "support/tcp_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "support/loopback.h"

namespace iotcard {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// With a reset, as a cable that is pulled and put back shows itself.
void reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

// A wire holds nothing back: Nagle's algorithm would.
void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

struct Wire {
  int client;
  int broker;  // -1 for none
};

}  // namespace

class TcpRelay::Impl {
 public:
  explicit Impl(std::uint16_t target_port) : target_port_(target_port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        listen(listener_, SOMAXCONN) != 0) {
      fail("relay");
    }
    port = ntohs(address.sin_port);
    wake_ = eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread{[this] { run(); }};
  }

  ~Impl() {
    {
      const std::lock_guard lock{mutex};
      stopping_ = true;
    }
    wake();
    thread_.join();
    for (const Wire& wire : wires_) end(wire);
    close(listener_);
    close(wake_);
  }

  void wake() {
    const std::uint64_t one = 1;
    if (write(wake_, &one, sizeof one) < 0) fail("relay");
  }

  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable cut_done;
  Mode mode = Mode::carry;  // guarded by mutex, as the next
  bool cutting = false;
  std::size_t accepted = 0;
  std::string sent;
  std::string received;

 private:
  void run() {
    for (;;) {
      std::vector<pollfd> sockets = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Wire& wire : wires_) {
        sockets.push_back({wire.client, POLLIN, 0});
        sockets.push_back({wire.broker, POLLIN, 0});
      }
      poll(sockets.data(), sockets.size(), -1);
      const std::lock_guard lock{mutex};
      if (stopping_) return;
      if (sockets[0].revents != 0) {
        std::uint64_t count = 0;
        if (read(wake_, &count, sizeof count) < 0) return;
      }
      carry(sockets);
      if (cutting) {
        for (const Wire& wire : wires_) end(wire);
        wires_.clear();
        cutting = false;
        cut_done.notify_all();
      }
      if (sockets[1].revents != 0) accept_one();
    }
  }

  void carry(const std::vector<pollfd>& sockets) {
    std::size_t at = 2;
    for (auto wire = wires_.begin(); wire != wires_.end(); at += 2) {
      const bool newest = std::next(wire) == wires_.end();
      const bool whole =
          (sockets[at].revents == 0 ||
           move(wire->client, wire->broker, mode != Mode::deaf, newest ? &sent : nullptr)) &&
          (sockets[at + 1].revents == 0 ||
           move(wire->broker, wire->client, true, newest ? &received : nullptr));
      if (whole) {
        ++wire;
      } else {
        end(*wire);
        wire = wires_.erase(wire);
      }
    }
  }

  // False if the wire is at its end.
  bool move(int from, int to, bool carried, std::string* record) {
    std::array<char, 16384> bytes;
    const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
    if (size <= 0 || mode == Mode::hang_up) return false;
    if (record != nullptr) record->append(bytes.data(), static_cast<std::size_t>(size));
    return mode == Mode::swallow || !carried || to < 0 ||
           send_all(to, bytes.data(), static_cast<std::size_t>(size));
  }

  void accept_one() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    int broker = -1;
    if (mode == Mode::carry || mode == Mode::deaf) {
      broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(target_port_);
      if (connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        end({client, broker});
        return;
      }
    }
    for (const int socket : {client, broker}) send_at_once(socket);
    wires_.push_back({client, broker});
    ++accepted;
    sent.clear();
    received.clear();
  }

  static void end(const Wire& wire) {
    reset(wire.client);
    if (wire.broker >= 0) reset(wire.broker);
  }

  const std::uint16_t target_port_;
  int listener_ = -1;
  int wake_ = -1;
  bool stopping_ = false;  // guarded by mutex
  std::list<Wire> wires_;  // of the thread
  std::thread thread_;
};

TcpRelay::TcpRelay(std::uint16_t target_port) : impl_(std::make_unique<Impl>(target_port)) {}
TcpRelay::~TcpRelay() = default;

std::uint16_t TcpRelay::port() const {
  return impl_->port;
}

void TcpRelay::set_mode(Mode mode) {
  const std::lock_guard lock{impl_->mutex};
  impl_->mode = mode;
}

void TcpRelay::cut() {
  std::unique_lock lock{impl_->mutex};
  impl_->cutting = true;
  impl_->wake();
  impl_->cut_done.wait(lock, [&] { return !impl_->cutting; });
}

std::size_t TcpRelay::accepted() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->accepted;
}

std::string TcpRelay::sent() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->sent;
}

std::string TcpRelay::received() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->received;
}

std::size_t count_packets(const std::string& stream, int type) {
  std::size_t count = 0;
  for (std::size_t at = 0; at + 1 < stream.size();) {
    const int packet = static_cast<unsigned char>(stream[at]) >> 4;
    std::size_t length = 0;
    std::size_t shift = 0;
    std::size_t next = at + 1;
    for (bool more = true; more && next < stream.size(); ++next, shift += 7) {
      const auto byte = static_cast<unsigned char>(stream[next]);
      length |= static_cast<std::size_t>(byte & 0x7f) << shift;
      more = (byte & 0x80) != 0;
    }
    at = next + length;
    if (at <= stream.size() && packet == type) ++count;
  }
  return count;
}

}  // namespace iotcard
