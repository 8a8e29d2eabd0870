// SPDX-License-Identifier: Apache-2.0
#include "api/client_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds idle_patience{5};    // between two requests
constexpr seconds read_patience{5};    // for the next bytes of one
constexpr seconds head_patience{10};   // for all of a head, and for a short body
constexpr seconds write_patience{10};  // for an answer, and its size comes on top
constexpr seconds linger_patience{1};
constexpr std::uint64_t slowest = 64 << 10;  // bytes a second
constexpr std::uint64_t most_head_bytes = 64 << 10;

seconds time_for(std::uint64_t bytes) {
  return seconds{static_cast<std::int64_t>(bytes / slowest)};
}

}  // namespace

bool ClientConnection::wait(short events, Clock::time_point until) const {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket_, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool ClientConnection::wait_for_request() {
  return begin_ < end_ || wait(POLLIN, Clock::now() + idle_patience);
}

void ClientConnection::begin_request() {
  deadline_ = Clock::now() + head_patience;
  budget_ = most_head_bytes;
  out_of_time_ = false;
  out_of_bytes_ = false;
  admitted.reset();
  head = {};
  routed = false;
  close = false;
}

void ClientConnection::begin_body(std::uint64_t bytes) {
  deadline_ = Clock::now() + head_patience + time_for(bytes);
  budget_ = bytes;
}

ssize_t ClientConnection::read(char* bytes, size_t size) {
  if (begin_ == end_) {
    const auto until = std::min(deadline_, Clock::now() + read_patience);
    if (budget_ == 0 || !wait(POLLIN, until)) {
      out_of_time_ = budget_ != 0;
      out_of_bytes_ = budget_ == 0;
      return -1;
    }
    const ssize_t count = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) return count;
    begin_ = 0;
    end_ = static_cast<std::size_t>(count);
  }
  const std::size_t count = std::min<std::uint64_t>(std::min(size, end_ - begin_), budget_);
  if (count == 0 || Clock::now() >= deadline_) {
    out_of_time_ = count != 0;
    out_of_bytes_ = count == 0;
    return -1;
  }
  std::memcpy(bytes, buffer_.data() + begin_, count);
  begin_ += count;
  budget_ -= count;
  return static_cast<ssize_t>(count);
}

ssize_t ClientConnection::write(const char* bytes, size_t size) {
  const auto until = Clock::now() + write_patience + time_for(size);
  std::size_t sent = 0;
  while (sent < size) {
    const ssize_t count = send(socket_, bytes + sent, size - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if ((errno != EAGAIN && errno != EINTR) || !wait(POLLOUT, until)) {
      close = true;
      return -1;
    }
  }
  return static_cast<ssize_t>(size);
}

void ClientConnection::linger() {
  shutdown(socket_, SHUT_WR);
  const auto until = Clock::now() + linger_patience;
  while (wait(POLLIN, until) && recv(socket_, buffer_.data(), buffer_.size(), 0) > 0) {
  }
}

bool ClientConnection::is_readable() const {
  return begin_ < end_ || wait(POLLIN, Clock::now() + milliseconds{1});
}

bool ClientConnection::client_is_there() const {
  pollfd one{socket_, POLLRDHUP, 0};
  return poll(&one, 1, 0) == 0;
}

}  // namespace iotcard
