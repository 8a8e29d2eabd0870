// SPDX-License-Identifier: Apache-2.0
// route.h - One operation of the API: which requests it answers, who may ask, what it needs, and
// the function that answers. A handler reads the request, calls one of lib/operations, and writes
// the answer; it throws ApiError, OperationError or StoreError, and knows nothing of connections,
// tokens and threads. A new group of routes is a file NAME_routes.cpp with an add_… function below.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>
#include <vector>

#include "api/api_host.h"
#include "api/event_stream.h"
#include "api/request.h"
#include "api/response.h"
#include "api/tokens.h"
#include "operations/page_cursor_cache.h"

namespace iotcard {

// What a handler has. `store` is this call's own until it returns, or its stream ends.
struct Call {
  const Request& request;
  Response& response;
  const ApiHost& host;
  EventStreams& streams;
  PageCursorCache& pages;             // of all lists
  const Context& context;             // `by` is who calls, `now` this moment
  bool known_caller;                  // has shown a token, or none is needed
  bool head;                          // only the headers are sent; the handler need not care
  const std::atomic<bool>& stopping;  // the daemon ends: what takes long gives up, and says so
  Store* opened;                      // null where the route uses none

  Store& store() const { return *opened; }
};

enum class StoreUse : std::uint8_t {
  none,
  read,         // a connection that cannot write, as the next three: for a look at something
  read_if_any,  // or null, where none can be had
  list,         // for what may take long; others, so that no look waits for it
  download,     // for what takes as long as the client does; likewise
  write,        // the one that changes, alone on it
};

enum class BodyKind : std::uint8_t {
  none,  // a body is refused
  json,  // application/json, at most 1 MiB; may be left out
  any,   // whatever it says it is, at most 1 MiB
  csv,   // text/csv, application/octet-stream or multipart/form-data, at most 64 MiB
};

struct Route {
  Method method;
  std::string_view pattern;  // "/card/{iccid}/bind"; a part in braces is one level of the path
  Scope scope;
  StoreUse store;
  BodyKind body;
  std::function<void(const Call&)> handle;
};

// All of them.
const std::vector<Route>& all_routes();

void add_health_routes(std::vector<Route>& routes);
void add_event_routes(std::vector<Route>& routes);
void add_report_routes(std::vector<Route>& routes);
void add_mismatch_routes(std::vector<Route>& routes);
void add_binding_routes(std::vector<Route>& routes);
void add_ask_routes(std::vector<Route>& routes);
void add_card_routes(std::vector<Route>& routes);
void add_device_routes(std::vector<Route>& routes);
void add_metrics_routes(std::vector<Route>& routes);
void add_import_routes(std::vector<Route>& routes);
void add_list_routes(std::vector<Route>& routes);
void add_platform_routes(std::vector<Route>& routes);

}  // namespace iotcard
