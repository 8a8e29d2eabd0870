// SPDX-License-Identifier: Apache-2.0
// byte_server.h - A TCP server on a free port of 127.0.0.1 whose connections a function of the test
// serves, byte by byte: for whatever no proper server would do. Each connection has a thread; the
// destructor ends all of them by closing what they read from. Functions from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace iotcard {

class ByteServer {
 public:
  class Connection {
   public:
    explicit Connection(int socket) : socket_(socket) {}
    bool send(std::string_view bytes);  // false: it has ended
    std::string read();                 // what comes next; "" at the end
    // The head of an HTTP request, without its blank line; what came behind it is dropped.
    std::string read_head();
    void wait_for_end();  // and does nothing else
    // Connects to this port of 127.0.0.1 and carries the bytes both ways until one side ends.
    void carry_to(std::uint16_t port);

   private:
    const int socket_;
  };

  // When `serve` returns the connection is closed. `port` 0: a free one.
  explicit ByteServer(std::function<void(Connection&)> serve, std::uint16_t port = 0);
  ~ByteServer();
  ByteServer(const ByteServer&) = delete;
  ByteServer& operator=(const ByteServer&) = delete;

  std::uint16_t port() const;
  std::size_t accepted() const;  // connections so far

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A port of 127.0.0.1 that neither takes nor refuses a connection: its queue is full.
class StuckPort {
 public:
  StuckPort();
  ~StuckPort();
  StuckPort(const StuckPort&) = delete;
  StuckPort& operator=(const StuckPort&) = delete;
  std::uint16_t port() const;
  bool somebody_knocks() const;  // besides those that fill the queue

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
