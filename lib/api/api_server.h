// SPDX-License-Identifier: Apache-2.0
// api_server.h - The HTTP API: a port, its tokens, and all routes on a store. Its header names no
// HTTP library. It never waits for a report to be applied, and no report waits for it. Its own
// threads are named "api". Any thread may call the functions here, one thread start() and stop().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_host.h"
#include "api/platform_requests.h"
#include "api/store_figures.h"

namespace iotcard {

struct ApiLimits {
  int connections = 64;
  int streams = 16;  // of events; the other connections are for requests
  int readers = 2;   // connections to the store, by StoreUse
  int listers = 2;
  int downloaders = 2;
  std::size_t body = 1 << 20;
  std::size_t upload = 64 << 20;  // body of an import; one at a time
  StoreFigureCache::Options figures{};
  PlatformRequests::Options platform_requests{};
};

struct ApiOptions {
  std::string listen = "127.0.0.1:8480";  // port 0: any that is free
  std::string token_file{};               // "": no tokens; then only a loopback address will do
  std::vector<std::string> cors_origins{};
  std::string store_id{};
  ApiLimits limits{};
};

class ApiServer {
 public:
  // Reads the tokens; throws TokenError (api/tokens.h), a std::runtime_error.
  ApiServer(ApiOptions options, ApiHost host);
  ~ApiServer();  // stop()
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Takes the port, so that callers wait from now on; throws std::runtime_error that says why not.
  void bind();
  void start();  // answers; binds, if that was not done
  void stop();   // within two seconds, unless a change of the store is under way
  std::uint16_t bound_port() const;

  // Reads the token file again and replaces both; throws TokenError and then changes nothing.
  void set_access(const std::string& token_file, std::vector<std::string> cors_origins);
  // An event that the broker has acknowledged, by ascending sequence. `topic` is without prefix.
  void publish_event(std::int64_t sequence, std::string_view topic, std::string payload);
  // A platform thread of this program has finished an operator's request.
  void platform_request_finished();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
