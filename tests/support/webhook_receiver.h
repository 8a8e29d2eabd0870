// SPDX-License-Identifier: Apache-2.0
// webhook_receiver.h - A real HTTP server on 127.0.0.1 that takes the events of a webhook,
// remembers every request, and fails in the ways that a test tells it. Functions from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace iotcard {

struct WebhookCall {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string id() const { return headers.at("webhook-id"); }
};

// What a request gets.
struct WebhookReaction {
  enum class Then : std::uint8_t {
    keep,     // the connection is kept for the next request
    close,    // the connection ends
    hang,     // nothing more comes
    trickle,  // a byte now and then, for ever
    flood,    // bytes without an end
  };
  std::string bytes;
  Then then = Then::keep;
  bool takes = false;  // the event counts as taken
};
WebhookReaction answer_with(int status, const std::string& headers = "",
                            const std::string& body = "");

class WebhookReceiver {
 public:
  using React = std::function<WebhookReaction(const WebhookCall& call)>;
  // Takes everything until it is told otherwise. `port` 0: a free one.
  explicit WebhookReceiver(std::uint16_t port = 0);
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // http://127.0.0.1:PORT/hook
  void react(React react);  // for the requests from now on; called by one thread at a time

  std::vector<WebhookCall> calls() const;
  std::vector<WebhookCall> taken() const;  // without those that failed
  bool wait_taken(std::size_t count) const;
  bool wait_calls(std::size_t count) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
