// SPDX-License-Identifier: Apache-2.0
// http_client.h - Speaks HTTP to a port of 127.0.0.1 byte by byte, so that a test can also be slow,
// rude or gone. Not a client for anything else. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/wait.h"

namespace iotcard {

struct HttpReply {
  int status = 0;                              // 0: the connection ended without an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks put together
};

struct HttpCall {
  std::string method = "GET";
  std::string target{};
  std::map<std::string, std::string> headers{};  // Host and Content-Length are added if missing
  std::string body{};
};

class HttpConnection {
 public:
  // Throws std::runtime_error. A small `receive_buffer` (bytes) makes the server wait for a reader
  // that does not read.
  explicit HttpConnection(std::uint16_t port, int receive_buffer = 0);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // False: the server has closed it.
  bool send(std::string_view bytes);
  void send(const HttpCall& request);
  HttpReply read_reply(std::chrono::milliseconds deadline = patience);
  // Until all that has come contains `text`.
  bool read_until(std::string_view text, std::chrono::milliseconds deadline = patience);
  // Reads on until the server closes it.
  bool ends(std::chrono::milliseconds deadline = patience);
  const std::string& received() const { return received_; }

 private:
  bool read_more(std::chrono::steady_clock::time_point until);

  const std::uint16_t port_;
  int socket_ = -1;
  bool ended_ = false;
  std::string received_;
};

// One request on a connection of its own.
HttpReply http(std::uint16_t port, const HttpCall& request);
inline HttpReply http_get(std::uint16_t port, const std::string& target,
                          const std::map<std::string, std::string>& headers = {}) {
  return http(port, {.target = target, .headers = headers});
}
// With a body of JSON.
HttpReply http_post(std::uint16_t port, const std::string& target, const std::string& json,
                    std::map<std::string, std::string> headers = {});

}  // namespace iotcard
