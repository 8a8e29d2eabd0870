// SPDX-License-Identifier: Apache-2.0
// route.h - One operation of the API: its method and path, the scope it needs, its use of the
// store, its body, and the function that handles it (handlers.h). Values only; any thread.
#pragma once

#include <atomic>
#include <string_view>
#include <variant>
#include <vector>

#include "api/api_host.h"
#include "api/caller.h"
#include "api/event_stream.h"
#include "api/kept_uploads.h"
#include "api/platform_requests.h"
#include "api/request.h"
#include "api/request_counts.h"
#include "api/response.h"
#include "api/store_figures.h"
#include "api/tokens.h"

namespace iotcard {

struct ApiLimits;  // dispatcher.h

// What signing in uses.
struct SignIn {
  const Tokens& tokens;
  std::chrono::seconds session_lifetime;
  Sessions& sessions;
  SignInAttempts& attempts;
};

// What a handler may use. The store is for this call only, until the handler returns or, if the
// response is a stream, until that ends.
struct Call {
  const Request& request;
  Response& response;
  const ApiHost& host;
  EventStreams& streams;
  StoreFigureCache& figures;
  const RequestCounts& requests;
  PlatformRequests& platform_requests;
  KeptUploads& uploads;
  const Context& context;  // `by` is the caller, `now` the time of the request
  const Caller& caller;
  const SignIn& sign_in;
  const ApiLimits& limits;
  bool head;                          // only the headers are sent; a handler may ignore this
  const std::atomic<bool>& stopping;  // the daemon is stopping: long work ends with an error
  Store* opened;                      // null if the route uses no store

  Store& store() const { return *opened; }
};

enum class StoreUse : std::uint8_t {
  none,
  read,         // a read-only connection, for short reads
  read_if_any,  // the same, or null if there is none
  list,         // a read-only connection of another pool, for reads that may take long
  download,     // a read-only connection of a third pool, for reads at the speed of the client
  write,        // the one connection for changes
  import,       // a connection for an import only, so that other changes need not wait for its end
};

enum class BodyKind : std::uint8_t {
  none,  // a body is refused
  json,  // application/json, at most 1 MiB; may be left out
  any,   // of any Content-Type, at most 1 MiB
  csv,   // text/csv, application/octet-stream or multipart/form-data, at most 64 MiB
};

// The type of a handler says what it reads besides the path: the query, the JSON body, both or
// neither. Only one with a QueryReader accepts query parameters. A handler calls finish() on its
// reader.
using Handler =
    std::variant<void (*)(const Call&), void (*)(const Call&, QueryReader&),
                 void (*)(const Call&, JsonBody&), void (*)(const Call&, QueryReader&, JsonBody&)>;

struct Route {
  Method method;
  std::string_view pattern;  // "/card/{iccid}/bind"; a part in braces is one level of the path
  Scope scope;
  StoreUse store;
  BodyKind body;
  Handler handle;
};

const std::vector<Route>& all_routes();

struct RouteMatch {
  const Route* route = nullptr;                // null: the path exists, but not with this method
  std::map<std::string, std::string> parts{};  // of the path, decoded, by name in the pattern
  std::string allow{};                         // the methods of the path: "GET, HEAD, PUT"
};

// `path` is still percent-encoded, so that "%2F" does not separate levels. "/card/list" matches the
// pattern "/card/list" rather than "/card/{iccid}". nullopt: no such path. Throws ApiError for a
// part that is not percent-encoded UTF-8.
std::optional<RouteMatch> find_route(const std::vector<Route>& routes, std::string_view method,
                                     std::string_view path);

std::string_view method_name(Method method);

}  // namespace iotcard
