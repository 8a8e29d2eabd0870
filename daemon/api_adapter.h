// SPDX-License-Identifier: Apache-2.0
// api_adapter.h - The HTTP API within the daemon: its server, and what the server needs of the
// daemon (ApiHost). The API's threads call the ports, several at a time, until stop() returns.
// Threads: start(), stop() and set_access() from the main thread; the rest from any.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/api_server.h"
#include "config/config.h"
#include "pending_publishes.h"

namespace iotcard {

class ApiAdapter {
 public:
  struct Ports {
    std::function<Context(const std::string& by)> context;
    std::function<std::vector<TopicPattern>()> topics;
    std::function<ApiHealth()> health;
    std::function<LiveFacts()> facts;
    std::function<bool(std::int64_t number, const std::string& topic)> publish_request;
    std::function<void()> platform_request;  // one is in the store
  };

  // Takes the port, before any report: with an address in use the daemon must not begin. Throws
  // std::runtime_error for the port and the tokens. With an empty api.listen there is no server.
  ApiAdapter(const Config& config, const std::string& store_id, Ports ports);
  ~ApiAdapter();  // stop()

  void start();
  void stop();
  // Throws std::runtime_error, and then all stays as it is.
  void set_access(const ApiConfig& config);

  bool enabled() const { return server_ != nullptr; }
  void publish_event(const OutboxRow& row);  // only if enabled()
  // A request of an operator to a card platform is done.
  void platform_request_finished() {
    if (server_) server_->platform_request_finished();
  }
  // What became of a publish_request().
  void published(std::int64_t number, bool ok, const std::string& reason) {
    pending_publishes_.published(number, ok, reason);
  }

 private:
  AskResult ask(const DeviceKey& device);

  const std::string store_url_;
  const Ports ports_;
  PendingPublishes pending_publishes_;
  std::unique_ptr<ApiServer> server_;  // null: turned off
};

}  // namespace iotcard
