// SPDX-License-Identifier: Apache-2.0
// client_connection.h - One client's connection and the request under way on it: where it stands,
// by when it must go on, and the body so far. Names no more of libmicrohttpd than its handle. The
// server's thread only. The deadlines are those of docs/operations.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/dispatcher.h"
#include "api/exchange.h"
#include "api/form_reader.h"

struct MHD_Connection;

namespace iotcard {

class ClientConnection {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Stage : std::uint8_t {
    head,       // no request, or a part of its head
    refusing,   // `answer` follows once the library has the whole request
    body,       // of an admitted request, if it has one
    working,    // a worker has it; suspended
    sending,    // `answer`
    streaming,  // `answer`, then what the exchange has; suspended while that is nothing
  };

  ClientConnection(MHD_Connection* connection, int socket, std::string peer, bool secure)
      : handle(connection), descriptor(socket), address(std::move(peer)), is_secure(secure) {
    begin_head();
  }

  MHD_Connection* const handle;
  const int descriptor;
  const std::string address;  // of the client
  const bool is_secure;

  Stage stage = Stage::head;
  bool suspended = false;
  bool ended = false;  // its time is over: nothing more is written to it
  Clock::time_point deadline{};
  const char* target_at = nullptr;  // null: the request line has not come
  std::string target{};
  RequestHead head{};
  std::optional<Admitted> admitted{};
  bool close_after = false;  // no other request may follow
  std::shared_ptr<Exchange> exchange{};
  Response answer{};  // the library reads its body while it sends

  void begin_head();  // the next request
  void begin_body();
  // A piece of the body. Throws ApiError 413.
  void add_to_body(std::string_view piece);
  // The body has come. Throws ApiError 400.
  void finish_body() const;
  // So many bytes of an answer are to be sent, or those of a stream, block by block. What is between
  // pause_sending() and the next block is not the client's time.
  void begin_sending(std::uint64_t bytes);
  void send_block(std::uint64_t bytes);
  void pause_sending();
  void wait_without_limit() { deadline = Clock::time_point::max(); }

 private:
  Clock::time_point body_deadline_{};
  Clock::time_point sending_until_{};
  Clock::time_point paused_at_{};  // zero: it is not paused
  std::uint64_t room_ = 0;  // bytes that the body may still have, framing included
  std::optional<FormReader> form_{};
};

}  // namespace iotcard
