// SPDX-License-Identifier: Apache-2.0
// running_server.h - A cpp-httplib server (httplib::Server or SSLServer) of a test on a free port
// of 127.0.0.1. Say its routes before start(). One thread, which is not the server's.
#pragma once

#include <httplib.h>

#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>

namespace iotcard {

template <typename Server>
class RunningServer {
 public:
  template <typename... Arguments>
  explicit RunningServer(Arguments&&... arguments)
      : server_(std::forward<Arguments>(arguments)...) {
    server_.set_keep_alive_timeout(1);  // which stop() waits for
    server_.set_keep_alive_max_count(1000);
  }
  ~RunningServer() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  Server* operator->() { return &server_; }
  void start() {
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no HTTP server");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running()) std::this_thread::yield();  // or stop() would have no effect
  }
  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace iotcard
