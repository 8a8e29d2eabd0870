// SPDX-License-Identifier: Apache-2.0
// api_server.h - The HTTP API: a port, its tokens, and all routes on a store. Its header names no
// HTTP library. It never waits for a report to be applied, and no report waits for it. Its own
// threads are named "api". Any thread may call the functions here, one thread start() and stop().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/dispatcher.h"
#include "api/event_stream.h"
#include "api/listener.h"
#include "api/server_certificate.h"
#include "api/workers.h"

namespace iotcard {

struct ApiOptions {
  std::string listen = "127.0.0.1:8480";  // port 0: any that is free; "": no API
  std::string token_file{};               // "": no tokens; then only a loopback address will do
  std::vector<std::string> cors_origins{};
  std::chrono::seconds session_lifetime{std::chrono::hours{12}};
  std::string store_id{};
  // HTTPS, if not null; see server_certificate.h.
  std::shared_ptr<const ServerCertificate> certificate{};
  ApiLimits limits{};
};

class HttpServer;

class ApiServer {
 public:
  // Reads the tokens and takes the port, so that callers wait from now on; throws TokenError
  // (api/tokens.h) and std::runtime_error that says why not. With an empty `listen` there is no
  // API, and all functions do nothing.
  ApiServer(ApiOptions options, ApiHost host);
  ~ApiServer();  // stop()

  bool enabled() const { return !options_.listen.empty(); }
  void start();  // answers
  // Within two seconds, unless a change of the store or a count of its rows is under way, or
  // ApiHost::ask waits.
  void stop();

  // Reads the token file again and replaces all three; throws TokenError and then changes nothing.
  // Sessions of tokens that are gone end; those that last keep the lifetime that they began with.
  void set_access(const std::string& token_file, std::vector<std::string> cors_origins,
                  std::chrono::seconds session_lifetime);
  // For the connections that follow. HTTPS begins and ends only with the program: the other is
  // ignored.
  void set_certificate(std::shared_ptr<const ServerCertificate> certificate);
  // An event that the broker has acknowledged, by ascending sequence. `topic` is without prefix.
  void publish_event(std::int64_t sequence, std::string_view topic, std::string payload);
  // A platform thread of this program has finished an operator's request.
  void platform_request_finished() { dispatcher_.platform_request_finished(); }

 private:
  void run();

  const ApiOptions options_;
  const ApiHost host_;
  EventStreams streams_;
  Dispatcher dispatcher_;
  Workers workers_;
  std::unique_ptr<HttpServer> http_;    // null: disabled
  std::unique_ptr<Listener> listener_;  // null: disabled, or stopped
  std::thread thread_;
};

}  // namespace iotcard
