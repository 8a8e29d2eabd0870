// SPDX-License-Identifier: Apache-2.0
// api_server.h - The HTTP API: a port, those who may call, and all routes on a store. Knows no HTTP
// library to its outside. Nothing in it waits for the way of a report, nor is waited for by it.
// Threads: its own, named "api"; the functions here may be called from any, start() and stop() from
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_host.h"

namespace iotcard {

struct ApiLimits {
  int connections = 64;
  int streams = 16;  // of events; the other connections are for requests
  int readers = 2;   // connections to the store, each kind for itself; see StoreUse
  int listers = 2;
  int downloaders = 2;
  std::size_t body = 1 << 20;
  std::size_t upload = 64 << 20;  // body of an import; one at a time
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

  // A request changes the store just now: who else would write waits for it.
  bool changing() const;
  // Reads the token file anew and takes both over; throws TokenError, and then all stays.
  void set_access(const std::string& token_file, std::vector<std::string> cors_origins);
  // An event that the broker has acknowledged, by ascending sequence. `topic` is without prefix.
  void publish_event(std::int64_t sequence, std::string_view topic, std::string payload);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
