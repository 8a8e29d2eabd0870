// SPDX-License-Identifier: Apache-2.0
// dispatcher.h - From a request's head to its response: checks the caller, finds the route, checks
// the body, runs the handler with a connection to the store, and turns each failure into an error
// envelope. Knows no HTTP library. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/api_host.h"
#include "api/event_stream.h"
#include "api/kept_uploads.h"
#include "api/platform_requests.h"
#include "api/request_counts.h"
#include "api/route.h"
#include "api/sessions.h"
#include "api/store_figures.h"
#include "api/store_pool.h"
#include "api/tokens.h"

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

// Who may do what. A reload replaces it as a whole.
struct Access {
  Tokens tokens;
  std::vector<std::string> cors_origins{};
  std::chrono::seconds session_lifetime{std::chrono::hours{12}};
};

// A request that may be answered once its body has come.
struct Admitted {
  const Route* route = nullptr;  // null: `done` is the response
  Response done{};
  Request request{};
  Caller caller{};
  bool head = false;
  bool has_body = false;
  bool multipart = false;
  std::size_t most_bytes = 0;             // of the body
  std::optional<std::uint64_t> length{};  // if it was said
  std::shared_ptr<void> upload_place{};   // of a body that is large
};

class Dispatcher {
 public:
  Dispatcher(const ApiLimits& limits, const ApiHost& host, EventStreams& streams);

  // Throws ApiError.
  Admitted admit(const RequestHead& head);
  // The request's body is complete. Throws nothing.
  Response answer(Admitted admitted);
  // The headers for a page of another origin; none for other requests.
  HeaderList cors_headers(const RequestHead& head) const;

  void set_access(Access access);
  bool needs_tokens() const { return access()->tokens.needed(); }
  void start();  // counting in the background, for /metrics
  void stop();
  void platform_request_finished() { platform_requests_.finished(); }
  RequestCounts& requests() { return requests_; }

 private:
  std::shared_ptr<const Access> access() const;
  void check_origin(const RequestHead& head, const Access& access, bool changes) const;
  void check_caller(const RequestHead& head, const Access& access, Admitted& admitted);
  void check_body(const RequestHead& head, Admitted& admitted);
  // Whether the caller of a request that was admitted may still do it.
  bool still_admitted(const Request& request, const Route& route);
  void run(Admitted& admitted, Response& response);
  std::shared_ptr<PooledStore> store_for(StoreUse use);
  void log_once(LogLevel level, const std::string& problem);

  const ApiLimits limits_;
  const ApiHost& host_;
  EventStreams& streams_;
  const std::vector<Route>& routes_;
  StorePool readers_;
  StorePool listers_;
  StorePool downloaders_;
  StorePool counters_;
  StorePool writer_;
  StorePool importer_;
  StoreFigureCache figures_;
  RequestCounts requests_;
  PlatformRequests platform_requests_;
  KeptUploads uploads_;
  Sessions sessions_;
  SignInAttempts sign_in_attempts_;
  std::atomic<bool> uploading_{false};
  std::atomic<bool> stopping_{false};
  // Guarded by mutex_.
  struct State {
    std::shared_ptr<const Access> access;
    std::string logged;  // the last problem in the log
    std::chrono::steady_clock::time_point logged_at{};
  };
  mutable std::mutex mutex_;
  State state_;
};

}  // namespace iotcard
