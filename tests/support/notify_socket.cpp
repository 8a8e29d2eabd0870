// SPDX-License-Identifier: Apache-2.0
#include "support/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <system_error>

#include "support/wait.h"

namespace iotcard {

NotifySocket::NotifySocket(const TempDir& dir) : path_(dir.file("notify")) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
  thread_ = std::thread{[this] { receive(); }};
}

NotifySocket::~NotifySocket() {
  shutdown(socket_, SHUT_RDWR);
  thread_.join();
  close(socket_);
}

void NotifySocket::receive() {
  constexpr std::string_view key = "STATUS=";
  std::array<char, 8192> message;
  for (ssize_t size = 0; (size = recv(socket_, message.data(), message.size(), 0)) > 0;) {
    std::istringstream lines{std::string{message.data(), static_cast<std::size_t>(size)}};
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind(key, 0) != 0) continue;
      const std::lock_guard lock{mutex_};
      status_ = line.substr(key.size());
    }
  }
}

std::string NotifySocket::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

bool NotifySocket::wait_for_status(const std::string& part) const {
  return eventually([&] { return status().find(part) != std::string::npos; });
}

}  // namespace iotcard
