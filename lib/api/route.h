// SPDX-License-Identifier: Apache-2.0
// route.h - One operation of the API: its method and path, the scope it needs, its use of the
// store, its body, and the function that handles it (handlers.h). Values only; any thread.
#pragma once

#include <atomic>
#include <string_view>
#include <variant>
#include <vector>

#include "api/api_host.h"
#include "api/event_stream.h"
#include "api/platform_requests.h"
#include "api/request.h"
#include "api/response.h"
#include "api/store_figures.h"
#include "api/tokens.h"
#include "operations/page_cursor_cache.h"

namespace iotcard {

// What a handler may use. `store` is this call's own until the handler returns or its stream ends.
struct Call {
  const Request& request;
  Response& response;
  const ApiHost& host;
  EventStreams& streams;
  PageCursorCache& pages;  // of all lists
  StoreFigureCache& figures;
  PlatformRequests& platform_requests;
  const Context& context;             // `by` is who calls, `now` this moment
  bool known_caller;                  // sent a valid token, or none is needed
  bool head;                          // only the headers are sent; a handler may ignore this
  const std::atomic<bool>& stopping;  // the daemon is stopping: long work ends with an error
  Store* opened;                      // null where the route uses none

  Store& store() const { return *opened; }
};

enum class StoreUse : std::uint8_t {
  none,
  read,         // a read-only connection, for short reads
  read_if_any,  // the same, or null if there is none
  list,         // a read-only connection of another pool, for reads that may take long
  download,     // the same of a third pool, for reads that take as long as the client does
  write,        // the connection that writes
  import,       // one for an import, which takes as long as its list; other writes do not wait
};

enum class BodyKind : std::uint8_t {
  none,  // a body is refused
  json,  // application/json, at most 1 MiB; may be left out
  any,   // whatever it says it is, at most 1 MiB
  csv,   // text/csv, application/octet-stream or multipart/form-data, at most 64 MiB
};

// Its arguments say what it reads of the request beside the path: a route without a QueryReader has
// no parameters; the handler calls finish() on what it is given.
using Handler = std::variant<void (*)(const Call&), void (*)(const Call&, QueryReader&),
                             void (*)(const Call&, JsonBody&)>;

struct Route {
  Method method;
  std::string_view pattern;  // "/card/{iccid}/bind"; a part in braces is one level of the path
  Scope scope;
  StoreUse store;
  BodyKind body;
  Handler handle;
};

// All of them.
const std::vector<Route>& all_routes();

struct RouteMatch {
  const Route* route = nullptr;  // null: the path exists, but not with this method
  std::map<std::string, std::string> parts{};
  std::string allow{};  // the methods of the path: "GET, HEAD, PUT"
};

// `path` is still percent-encoded, so that "%2F" does not separate levels. A pattern that spells a
// level out is preferred to one with braces. nullopt: no such path. Throws ApiError for a part that
// is not percent-encoded UTF-8.
std::optional<RouteMatch> find_route(const std::vector<Route>& routes, std::string_view method,
                                     std::string_view path);

std::string_view method_name(Method method);

}  // namespace iotcard
