// SPDX-License-Identifier: Apache-2.0
// client_connection.h - The socket of one client as a stream of the HTTP library, with deadlines:
// the head and the body of a request must be complete in time, and the client must read the answer
// at a minimum rate. For lib/api only, since it includes the library. Its worker's thread only.
#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "api/dispatcher.h"

namespace iotcard {

class ClientConnection : public httplib::Stream {
 public:
  explicit ClientConnection(int socket) : socket_(socket) {}
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Waits for the first byte of a request; false if none comes in time.
  bool wait_for_request();
  void begin_request();
  // The head has been read; starts the deadline for a body of so many bytes, framing included.
  void begin_body(std::uint64_t bytes);
  // Call it after an answer that ends the connection: ignores what the client still sends, so that
  // the client reads the answer before the connection is closed.
  void linger();
  bool client_is_there() const;
  bool out_of_time() const { return out_of_time_; }
  bool out_of_bytes() const { return out_of_bytes_; }  // it may have no more

  bool is_readable() const override;
  bool is_writable() const override { return client_is_there(); }
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  // Nothing here asks for the addresses.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

  // The request under way.
  std::optional<Admitted> admitted{};  // waits for its body
  RequestHead head{};
  std::string accept_encoding{};  // which the library must not see
  bool routed = false;            // its head was understood
  bool close = false;             // no other request may follow

 private:
  using Clock = std::chrono::steady_clock;
  bool wait(short events, Clock::time_point until) const;

  const int socket_;
  std::array<char, 16384> buffer_{};
  std::size_t begin_ = 0;  // of what is in the buffer
  std::size_t end_ = 0;
  Clock::time_point deadline_{};
  std::uint64_t budget_ = 0;  // bytes that the request may still have
  bool out_of_time_ = false;
  bool out_of_bytes_ = false;
};

}  // namespace iotcard
