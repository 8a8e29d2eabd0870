// SPDX-License-Identifier: Apache-2.0
#include "support/http_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace iotcard {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

// The whole of a chunked body; false: there is more to come.
bool put_together(std::string_view chunks, std::string& body) {
  body.clear();
  for (;;) {
    const std::size_t end = chunks.find("\r\n");
    if (end == std::string_view::npos) return false;
    std::size_t size = 0;
    std::from_chars(chunks.data(), chunks.data() + end, size, 16);
    if (size == 0) return true;
    if (chunks.size() < end + 2 + size + 2) return false;
    body.append(chunks.substr(end + 2, size));
    chunks.remove_prefix(end + 2 + size + 2);
  }
}

}  // namespace

HttpConnection::HttpConnection(std::uint16_t port, int receive_buffer)
    : port_(port), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer != 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error{fmt::format("nobody listens on port {}", port)};
  }
}

HttpConnection::~HttpConnection() {
  close(socket_);
}

bool HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpConnection::send(const HttpCall& request) {
  std::map<std::string, std::string> headers = request.headers;
  headers.emplace("Host", fmt::format("127.0.0.1:{}", port_));
  if (!request.body.empty()) {
    headers.emplace("Content-Length", std::to_string(request.body.size()));
  }
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
  send(text + "\r\n" + request.body);
}

bool HttpConnection::read_more(std::chrono::steady_clock::time_point until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd one{socket_, POLLIN, 0};
  if (ended_ || left.count() <= 0 || poll(&one, 1, static_cast<int>(left.count())) <= 0) {
    return false;
  }
  std::array<char, 65536> bytes;
  const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
  ended_ = count <= 0;
  if (!ended_) received_.append(bytes.data(), static_cast<std::size_t>(count));
  return !ended_;
}

HttpReply HttpConnection::read_reply(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  constexpr std::string_view end_of_head = "\r\n\r\n";
  while (received_.find(end_of_head) == std::string::npos) {
    if (!read_more(until)) return {};
  }
  const std::size_t head = received_.find(end_of_head);
  HttpReply reply;
  std::from_chars(received_.data() + 9, received_.data() + 12, reply.status);
  for (std::size_t at = received_.find("\r\n"); at < head;) {
    const std::size_t next = received_.find("\r\n", at + 2);
    const std::string line = received_.substr(at + 2, next - at - 2);
    const std::size_t colon = std::min(line.find(": "), line.size());
    reply.headers[lower(line.substr(0, colon))] = line.substr(std::min(colon + 2, line.size()));
    at = next;
  }
  received_.erase(0, head + end_of_head.size());
  if (reply.headers["transfer-encoding"] == "chunked") {
    while (!put_together(received_, reply.body)) {
      if (!read_more(until)) return reply;
    }
    received_.clear();
    return reply;
  }
  const std::size_t length = std::stoul("0" + reply.headers["content-length"]);
  while (received_.size() < length && read_more(until)) {
  }
  reply.body = received_.substr(0, length);
  received_.erase(0, length);
  return reply;
}

bool HttpConnection::read_until(std::string_view text, std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (received_.find(text) == std::string::npos) {
    if (!read_more(until)) return false;
  }
  return true;
}

bool HttpConnection::ends(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (read_more(until)) {
  }
  return ended_;
}

HttpReply http(std::uint16_t port, const HttpCall& request) {
  HttpConnection connection{port};
  connection.send(request);
  HttpReply reply = connection.read_reply();
  return reply;
}

HttpReply http_post(std::uint16_t port, const std::string& target, const std::string& json,
                    std::map<std::string, std::string> headers) {
  if (!json.empty()) headers.emplace("Content-Type", "application/json");
  return http(port,
              {.method = "POST", .target = target, .headers = std::move(headers), .body = json});
}

}  // namespace iotcard
