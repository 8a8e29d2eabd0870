// SPDX-License-Identifier: Apache-2.0
#include "support/wait.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "support/loopback.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds look_interval{5};
// Below those that Linux gives to connections (ip(7), ip_local_port_range): one of a test next door
// would now and then have the port before its server has.
constexpr unsigned first_port = 16'000;
constexpr unsigned port_count = 16'000;
constexpr unsigned ports_of_a_process = 50;

}  // namespace

bool eventually(std::chrono::milliseconds deadline, const std::function<bool()>& predicate) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(look_interval);
  }
  return true;
}

// Processes that begin one after the other look in different places, since a port is taken some
// time after it was found free.
std::uint16_t free_port() {
  static std::atomic<unsigned> next{static_cast<unsigned>(getpid()) * ports_of_a_process};
  for (unsigned tried = 0; tried < port_count; ++tried) {
    const auto port = static_cast<std::uint16_t>(first_port + next++ % port_count);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) throw std::system_error(errno, std::generic_category(), "socket");
    const sockaddr_in address = loopback(port);
    const bool free =
        bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(socket);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

bool accepts_connections(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool ok = connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(socket);
  return ok;
}

std::string last_lines(const std::string& text, std::size_t count) {
  std::size_t at = text.size();
  for (std::size_t lines = 0; at > 0; --at) {
    if (text[at - 1] == '\n' && at != text.size() && ++lines == count) break;
  }
  return text.substr(at);
}

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file{path, std::ios::binary};
  file << content;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), path);
}

std::uint64_t inode(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace iotcard
