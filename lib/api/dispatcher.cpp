// SPDX-License-Identifier: Apache-2.0
#include "api/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/loopback.h"
#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds check_access_every{1};
constexpr std::chrono::minutes repeat_after{1};  // the same problem in the log

bool is_safe(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// "text/csv" of "Text/CSV; charset=utf-8".
std::string media_type(const std::string& content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

std::optional<std::uint64_t> content_length(const RequestHead& head) {
  const std::string text = head.header("content-length");
  if (text.empty()) return std::nullopt;
  const auto length = parse_integer<std::uint64_t>(text);
  if (!length) throw ApiError{400, "Content-Length: expected one number of bytes"};
  return length;
}

std::string operation_name(const Route& route) {
  return fmt::format("{} {}", method_name(route.method), route.pattern);
}

std::vector<std::string> operation_names(const std::vector<Route>& routes) {
  std::vector<std::string> names;
  for (const Route& route : routes) names.push_back(operation_name(route));
  return names;
}

void handle(const Route& route, const Call& call) {
  QueryReader query{call.request};
  if (const auto* with_query = std::get_if<void (*)(const Call&, QueryReader&)>(&route.handle)) {
    return (*with_query)(call, query);
  }
  if (const auto* with_both =
          std::get_if<void (*)(const Call&, QueryReader&, JsonBody&)>(&route.handle)) {
    JsonBody body{call.request};
    return (*with_both)(call, query, body);
  }
  query.finish();
  if (const auto* with_body = std::get_if<void (*)(const Call&, JsonBody&)>(&route.handle)) {
    JsonBody body{call.request};
    return (*with_body)(call, body);
  }
  std::get<void (*)(const Call&)>(route.handle)(call);
}

int status_of(OperationError::Kind kind) {
  switch (kind) {
    case OperationError::Kind::not_found:
      return 404;
    case OperationError::Kind::conflict:
      return 409;
    case OperationError::Kind::outdated:
      return 412;
    case OperationError::Kind::invalid:
      return 400;
  }
  return 500;  // not reached
}

}  // namespace

Dispatcher::Dispatcher(const ApiLimits& limits, const ApiHost& host, EventStreams& streams)
    : limits_(limits),
      host_(host),
      streams_(streams),
      routes_(all_routes()),
      readers_(host.open_store_to_read, limits.readers),
      listers_(host.open_store_to_read, limits.listers),
      downloaders_(host.open_store_to_read, limits.downloaders),
      counters_(host.open_store_to_read, 1),
      writer_(host.open_store, 1),
      importer_(host.open_store, 1),
      figures_(
          [this] {
            StoreFigures figures;
            counters_.with_store(
                [&](Store& store) { figures = count_figures(store, host_.context("")); });
            return figures;
          },
          limits.figures),
      requests_(operation_names(routes_)),
      platform_requests_(readers_, writer_, host.notify_platforms, limits.platform_requests),
      uploads_(host.upload_folder),
      state_{.access = std::make_shared<const Access>(), .logged = {}} {
  // A connection is held for one page, so a stream keeps no transaction open while it writes.
  streams_.set_history([this](std::int64_t sequence) {
    constexpr int events_a_page = 64;
    std::optional<EventsBehind> found;
    listers_.with_store([&](Store& store) {
      found = events_behind(store, host_.context("").client_id, sequence, events_a_page);
    });
    return found;
  });
}

std::shared_ptr<const Access> Dispatcher::access() const {
  const std::lock_guard lock{mutex_};
  return state_.access;
}

void Dispatcher::set_access(Access access) {
  auto made = std::make_shared<const Access>(std::move(access));
  sessions_.keep_only(made->tokens);
  const std::lock_guard lock{mutex_};
  state_.access = std::move(made);
}

void Dispatcher::start() {
  figures_.start();
  uploads_.clear();  // of a run that ended without a word
}

void Dispatcher::stop() {
  stopping_ = true;
  platform_requests_.stop();
  for (StorePool* pool : {&readers_, &listers_, &downloaders_, &counters_, &writer_, &importer_}) {
    pool->close();
  }
  figures_.stop();
}

Admitted Dispatcher::admit(const RequestHead& head) {
  const auto access = this->access();
  check_origin(head, *access, !is_safe(head.method));
  if (!head.target.starts_with('/')) {
    throw ApiError{400, "the request names no path of this server"};
  }
  const std::size_t mark = std::min(head.target.find('?'), head.target.size());
  const std::string path = head.target.substr(0, mark);
  auto match = find_route(routes_, head.method, path);
  // A folder of the console (api.web_dir) has files at any path that is not the API's.
  if (!match && host_.web && host_.web->is_folder()) {
    match = find_route(routes_, head.method, "/assets/any");
  }
  if (!match) {
    throw ApiError{404, fmt::format("there is no {} here", printable(path, 200))};
  }
  Admitted admitted;
  if (head.method == "OPTIONS") {
    // Nobody would read it, and it would be taken for the next request.
    if (content_length(head).value_or(0) > 0 || !head.header("transfer-encoding").empty()) {
      throw ApiError{400, "expected no body with this request"};
    }
    admitted.done.status = 204;
    admitted.done.content_type.clear();
    admitted.done.headers = {{"Allow", match->allow + ", OPTIONS"}};
    return admitted;
  }
  if (match->route == nullptr) {
    throw ApiError{405,
                   fmt::format("{} is not for this path; {} is", head.method, match->allow),
                   {{"Allow", match->allow + ", OPTIONS"}}};
  }
  admitted.route = match->route;
  admitted.head = head.method == "HEAD";
  check_caller(head, *access, admitted);
  admitted.request.method = admitted.route->method;
  admitted.request.path = path;
  admitted.request.parts = std::move(match->parts);
  admitted.request.query =
      parsed_query(std::string_view{head.target}.substr(std::min(mark + 1, head.target.size())));
  admitted.request.head = head;
  admitted.request.peer = head.peer;
  admitted.request.secure = head.secure;
  check_body(head, admitted);
  return admitted;
}

// Without tokens whoever reaches the port may do all, so nobody may be led to it by a name that
// turned into ours; and a page must not act for the person who looks at it.
void Dispatcher::check_origin(const RequestHead& head, const Access& access, bool changes) const {
  const std::string host = head.header("host");
  if (!access.tokens.needed() && !names_loopback(host)) {
    throw ApiError{403,
                   {ErrorKey::host_refused, {{"host", printable(host, 200)}}},
                   "without a token file only requests whose Host is localhost or a loopback "
                   "address are answered; for others, make a token (iotcardctl token add) and name its "
                   "file in api.token_file"};
  }
  const std::string origin = head.header("origin");
  if (!changes || origin.empty() || same_origin(origin, host)) return;
  const auto& allowed = access.cors_origins;
  if (contains(allowed, origin)) return;
  throw ApiError{403,
                 {ErrorKey::origin_refused, {{"origin", printable(origin, 200)}}},
                 "a page of another origin may not change anything here; name its origin in "
                 "api.cors_origins"};
}

void Dispatcher::check_caller(const RequestHead& head, const Access& access, Admitted& admitted) {
  admitted.caller = caller_of(head, access.tokens, sessions_, std::chrono::steady_clock::now());
  require_scope(admitted.caller, admitted.route->scope);
  if (!is_safe(head.method)) require_own_page(admitted.caller, head);
}

bool Dispatcher::still_admitted(const Request& request, const Route& route) {
  try {
    Admitted again;
    again.route = &route;
    check_caller(request.head, *access(), again);
    return true;
  } catch (const ApiError&) {
    return false;
  }
}

void Dispatcher::check_body(const RequestHead& head, Admitted& admitted) {
  const std::string coding = head.header("transfer-encoding");
  admitted.length = content_length(head);
  if (!coding.empty() && (coding != "chunked" || admitted.length)) {
    throw ApiError{400, "Transfer-Encoding: expected chunked, without a Content-Length"};
  }
  admitted.has_body = !coding.empty() || admitted.length.value_or(0) > 0;
  if (!admitted.has_body) return;
  const BodyKind kind = admitted.route->body;
  if (kind == BodyKind::none) throw ApiError{400, "expected no body with this request"};
  if (!head.header("content-encoding").empty()) {
    throw ApiError{415, "Content-Encoding: expected none"};
  }
  const std::string type = media_type(head.header("content-type"));
  admitted.multipart = type == "multipart/form-data";
  if (kind == BodyKind::json && type != "application/json") {
    throw ApiError{415, "expected a body of Content-Type application/json"};
  }
  if (kind == BodyKind::csv && type != "text/csv" && type != "application/octet-stream" &&
      !admitted.multipart) {
    throw ApiError{415,
                   "expected a body of Content-Type text/csv or application/octet-stream, or "
                   "multipart/form-data with a field \"file\""};
  }
  if (kind == BodyKind::any) admitted.multipart = false;
  admitted.most_bytes = kind == BodyKind::csv ? limits_.upload : limits_.body;
  if (admitted.length.value_or(0) > admitted.most_bytes) {
    throw ApiError{413, fmt::format("expected a body of at most {} bytes", admitted.most_bytes)};
  }
  if (kind != BodyKind::csv) return;
  if (uploading_.exchange(true)) {
    throw ApiError{503,
                   {ErrorKey::import_running},
                   "another import is under way; try again when it is over",
                   {{"Retry-After", "10"}}};
  }
  admitted.upload_place = {this, [this](void*) { uploading_ = false; }};
}

HeaderList Dispatcher::cors_headers(const RequestHead& head) const {
  const auto access = this->access();
  const std::string origin = head.header("origin");
  const auto& allowed = access->cors_origins;
  if (allowed.empty()) return {};
  if (!contains(allowed, origin)) {
    return {{"Vary", "Origin"}};
  }
  HeaderList headers{{"Vary", "Origin"},
                     {"Access-Control-Allow-Origin", origin},
                     {"Access-Control-Expose-Headers", "ETag, Retry-After, Content-Disposition"}};
  if (head.method == "OPTIONS" && !head.header("access-control-request-method").empty()) {
    headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE");
    headers.emplace_back("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, If-Match, Last-Event-ID");
    headers.emplace_back("Access-Control-Max-Age", "600");
  }
  return headers;
}

Response Dispatcher::answer(Admitted admitted) {
  if (admitted.route == nullptr) return admitted.done;
  Response response;
  const Route& route = *admitted.route;
  const std::string what = operation_name(route);
  const auto began = std::chrono::steady_clock::now();
  try {
    run(admitted, response);
  } catch (const ApiError& error) {
    respond_error(response, error);
  } catch (const OperationError& error) {
    respond_error(response, status_of(error.kind()), error.cause(), error.what());
  } catch (const StoreError& error) {
    // The message names the store's file, which is not everybody's.
    log_once(LogLevel::warning, fmt::format("{}: {}", what, error.what()));
    if (error.kind() == StoreError::Kind::conflict) {
      respond_error(response, 409, "somebody else has changed this meanwhile; try again");
    } else {
      respond_error(response, 503, "the store cannot be used just now; the log says why",
                    {{"Retry-After", "5"}});
    }
  } catch (const std::exception& error) {
    log_once(LogLevel::error, fmt::format("{}: {}", what, error.what()));
    respond_error(response, 500, "this failed for a reason that is not yours; the log says which");
  }
  requests_.worked(static_cast<std::size_t>(&route - routes_.data()),
                   std::chrono::steady_clock::now() - began);
  return response;
}

// A client that tries again and again must not fill the log with one problem.
void Dispatcher::log_once(LogLevel level, const std::string& problem) {
  {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock{mutex_};
    if (problem == state_.logged && now - state_.logged_at < repeat_after) return;
    state_.logged = problem;
    state_.logged_at = now;
  }
  host_.log(level, problem);
}

std::shared_ptr<PooledStore> Dispatcher::store_for(StoreUse use) {
  const std::array<StorePool*, 7> pools{nullptr,       &readers_, &readers_, &listers_,
                                        &downloaders_, &writer_,  &importer_};  // by StoreUse
  static_assert(pools.size() == static_cast<std::size_t>(StoreUse::import) + 1);
  StorePool* const pool = pools[static_cast<std::size_t>(use)];
  try {
    return pool != nullptr ? pool->acquire() : nullptr;
  } catch (const std::runtime_error&) {  // the store's, or all are in use
    if (use != StoreUse::read_if_any) throw;
    return nullptr;
  }
}

void Dispatcher::run(Admitted& admitted, Response& response) {
  const auto pooled = store_for(admitted.route->store);
  const auto context = std::make_shared<const Context>(host_.context(admitted.caller.by()));
  const auto access = this->access();
  const SignIn sign_in{access->tokens, access->session_lifetime, sessions_, sign_in_attempts_};
  const auto request = std::make_shared<const Request>(std::move(admitted.request));
  try {
    handle(*admitted.route,
           {*request, response, host_, streams_, figures_, requests_, platform_requests_, uploads_,
            *context, admitted.caller, sign_in, limits_, admitted.head, stopping_,
            pooled ? &pooled->store() : nullptr});
  } catch (const StoreError& error) {
    if (error.kind() != StoreError::Kind::conflict && pooled) pooled->discard();
    throw;
  }
  // Imports are rare, and the connection's cache is large.
  if (admitted.route->store == StoreUse::import) pooled->discard();
  if (!response.stream) return;
  // The stream refers to these, so they live as long as it does. It ends with the caller's right to
  // it, which is looked at before each piece, once a second at most.
  const bool has_end = response.content_type != "text/event-stream";
  response.stream = [this, pooled, context, request, access, has_end, route = admitted.route,
                     place = admitted.upload_place,
                     stream = std::move(response.stream)](const WriteBytes& write) {
    auto access_then = access;
    bool refused = false;
    auto next_check = std::chrono::steady_clock::now() + check_access_every;
    const auto write_while_admitted = [&](std::string_view bytes) {
      const auto now = std::chrono::steady_clock::now();
      if (auto access_now = this->access(); access_now != access_then || now >= next_check) {
        refused = refused || !still_admitted(*request, *route);
        if (refused) return false;
        access_then = std::move(access_now);
        next_check = now + check_access_every;
      }
      return write(bytes);
    };
    try {
      stream(write_while_admitted);
    } catch (const StoreError&) {
      if (pooled) pooled->discard();
      throw;
    }
    // A list that ends early must not look whole.
    if (refused && has_end) throw std::runtime_error{"its caller's right to it has ended"};
  };
}

}  // namespace iotcard
