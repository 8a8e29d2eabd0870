// SPDX-License-Identifier: Apache-2.0
#include "support/webhook_receiver.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <sstream>

#include "base/text.h"
#include "support/byte_server.h"
#include "support/wait.h"

namespace iotcard {
namespace {

using Then = WebhookReaction::Then;

// `bytes`: what came behind the request before; keeps what comes behind this one.
std::optional<WebhookCall> read_call(ByteServer::Connection& connection, std::string& bytes) {
  const auto read_more = [&] {
    const std::string more = connection.read();
    bytes += more;
    return !more.empty();
  };
  std::size_t end = 0;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  WebhookCall call;
  std::istringstream lines{bytes.substr(0, end)};
  std::string method;
  std::string line;
  lines >> method >> call.path;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    call.headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  bytes.erase(0, end + 4);
  const auto size =
      call.headers.contains("content-length") ? std::stoul(call.headers.at("content-length")) : 0;
  while (bytes.size() < size) {
    if (!read_more()) return std::nullopt;
  }
  call.body = bytes.substr(0, size);
  bytes.erase(0, size);
  return call;
}

}  // namespace

WebhookReaction answer_with(int status, const std::string& headers, const std::string& body) {
  return {.bytes = fmt::format("HTTP/1.1 {} Said\r\n{}Content-Length: {}\r\n\r\n{}", status,
                               headers, body.size(), body),
          .takes = status >= 200 && status <= 299};
}

class WebhookReceiver::Impl {
 public:
  explicit Impl(std::uint16_t port)
      : server_([this](ByteServer::Connection& connection) { serve(connection); }, port) {}
  ~Impl() {
    {
      const std::lock_guard lock{mutex};
      stopping_ = true;
    }
    changed.notify_all();
  }

  std::uint16_t port() const { return server_.port(); }

  mutable std::mutex mutex;  // guards all below
  mutable std::condition_variable changed;
  React react = [](const WebhookCall&) { return answer_with(204); };
  std::vector<WebhookCall> calls;
  std::vector<WebhookCall> taken;

 private:
  void serve(ByteServer::Connection& connection) {
    std::string bytes;
    while (const auto call = read_call(connection, bytes)) {
      const WebhookReaction reaction = take(*call);
      if (!connection.send(reaction.bytes) || !go_on(connection, reaction.then)) return;
    }
  }

  WebhookReaction take(const WebhookCall& call) {
    const std::lock_guard lock{mutex};
    calls.push_back(call);
    WebhookReaction reaction = react(call);
    if (reaction.takes) taken.push_back(call);
    changed.notify_all();
    return reaction;
  }

  // False: the connection ends.
  bool go_on(ByteServer::Connection& connection, Then then) {
    constexpr std::chrono::milliseconds now_and_then{50};
    switch (then) {
      case Then::keep:
        return true;
      case Then::close:
        break;
      case Then::hang:
        connection.wait_for_end();
        break;
      case Then::trickle: {
        std::unique_lock lock{mutex};
        while (connection.send("x") &&
               !changed.wait_for(lock, now_and_then, [this] { return stopping_; })) {
        }
        break;
      }
      case Then::flood:
        while (connection.send(std::string(65536, 'x'))) {
        }
        break;
    }
    return false;
  }

  bool stopping_ = false;
  ByteServer server_;
};

WebhookReceiver::WebhookReceiver(std::uint16_t port) : impl_(std::make_unique<Impl>(port)) {}
WebhookReceiver::~WebhookReceiver() = default;

std::uint16_t WebhookReceiver::port() const {
  return impl_->port();
}

std::string WebhookReceiver::url() const {
  return fmt::format("http://127.0.0.1:{}/hook", impl_->port());
}

void WebhookReceiver::react(React react) {
  const std::lock_guard lock{impl_->mutex};
  impl_->react = std::move(react);
}

std::vector<WebhookCall> WebhookReceiver::calls() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->calls;
}

std::vector<WebhookCall> WebhookReceiver::taken() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->taken;
}

bool WebhookReceiver::wait_taken(std::size_t count) const {
  std::unique_lock lock{impl_->mutex};
  return impl_->changed.wait_for(lock, patience, [&] { return impl_->taken.size() >= count; });
}

bool WebhookReceiver::wait_calls(std::size_t count) const {
  std::unique_lock lock{impl_->mutex};
  return impl_->changed.wait_for(lock, patience, [&] { return impl_->calls.size() >= count; });
}

}  // namespace iotcard
