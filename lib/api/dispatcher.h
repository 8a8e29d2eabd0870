// SPDX-License-Identifier: Apache-2.0
// dispatcher.h - From a request's head to its answer: who asks and whether they may, which route,
// what body; then the handler with a store of its own, and every failure as an envelope. Knows no
// HTTP library. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_server.h"
#include "api/event_stream.h"
#include "api/route.h"
#include "api/store_pool.h"
#include "api/tokens.h"

namespace iotcard {

// The head of a request as it came.
struct RequestHead {
  std::string method;  // "HEAD" too
  std::string target;  // path and query, percent-encoded
  std::map<std::string, std::string>
      headers{};  // names in lower case, the same ones joined by ", "
};

// Who may do what; replaced as a whole.
struct Access {
  Tokens tokens;
  std::vector<std::string> cors_origins;
};

// A request that may be answered once its body is there.
struct Admitted {
  const Route* route = nullptr;  // null: `done` is the answer
  Response done{};
  Request request{};
  std::string by{};
  bool known_caller = true;
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
  bool has_tokens() const { return !access()->tokens.empty(); }
  void stop();
  bool changing() { return writer_.all_leased(); }

 private:
  std::shared_ptr<const Access> access() const;
  void check_origin(const RequestHead& head, const Access& access, bool changes) const;
  void check_caller(const RequestHead& head, const Access& access, Admitted& admitted) const;
  void check_body(const RequestHead& head, Admitted& admitted);
  void run(Admitted& admitted, Response& response);
  std::shared_ptr<StorePool::Lease> store_for(StoreUse use);
  void tell(LogLevel level, const std::string& problem);

  const ApiLimits limits_;
  const ApiHost& host_;
  EventStreams& streams_;
  const std::vector<Route>& routes_;
  StorePool readers_;
  StorePool listers_;
  StorePool downloaders_;
  StorePool writer_;
  PageCursorCache pages_;
  std::atomic<bool> uploading_{false};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const Access> access_;  // guarded by mutex_, as what follows
  std::string told_;                      // the problem that the log has last
  std::chrono::steady_clock::time_point told_at_{};
};

}  // namespace iotcard
