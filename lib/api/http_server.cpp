// SPDX-License-Identifier: Apache-2.0
#include "api/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::uint64_t framing_bytes = 64 * 1024;  // beside an eighth of the body

constexpr const char* any_path = "[^]*";
constexpr std::size_t requests_on_one_connection = 10'000;

// The library gives its handlers only the request and the response, not the connection.
thread_local ClientConnection* current = nullptr;

constexpr std::array<std::pair<const char*, const char*>, 4> safe_headers = {{
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Referrer-Policy", "no-referrer"},
}};

// Throws ApiError if a header that may have only one value is repeated.
RequestHead head_of(const httplib::Request& request) {
  RequestHead head;
  head.method = request.method;
  head.target = request.target;
  for (const auto& [name, value] : request.headers) {
    const std::string key = to_lower(name);
    const auto [at, fresh] = head.headers.emplace(key, value);
    if (fresh) continue;
    for (const char* single : {"host", "content-length", "content-type", "transfer-encoding",
                               "authorization", "origin"}) {
      if (key == single) throw ApiError{400, key + ": stands there twice"};
    }
    at->second += ", " + value;
  }
  return head;
}

const char* reason_of(int status) {
  switch (status) {
    case 413:
      return "the body is too large";
    case 414:
      return "the path and query are too long: at most 8192 bytes";
    case 416:
      return "Range: not for what is here";
    default:
      return "this is no HTTP request that is understood here";
  }
}

}  // namespace

HttpServer::HttpServer(Dispatcher& dispatcher, const ApiHost& host)
    : dispatcher_(dispatcher), host_(host) {
  set_payload_max_length(std::numeric_limits<size_t>::max());  // the dispatcher bounds it
  set_keep_alive_max_count(requests_on_one_connection);        // as the header says it
  set_pre_routing_handler(
      [this](const auto& request, auto& response) { return begin(request, response); });
  const auto body = [this](const auto& request, auto& response, const auto& reader) {
    finish(request, response, reader);
  };
  Post(any_path, body);
  Put(any_path, body);
  Delete(any_path, body);
  set_error_handler(Handler{fill_in});
  // Without a handler the library would send the text of the exception to the client.
  set_exception_handler([this](const auto&, auto& response, const std::exception_ptr& problem) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      host_.log(LogLevel::error, fmt::format("a request broke off: {}", error.what()));
    } catch (...) {
      host_.log(LogLevel::error, "a request broke off");
    }
    refuse(*current, ApiError{500, "this failed for a reason that is not yours"}, response);
  });
  set_post_routing_handler(
      [this](const auto& request, auto& response) { seal(request, response); });
}

void HttpServer::say_full(int socket) {
  Response full;
  respond_error(full, 503, {ErrorKey::too_many_connections},
                "there are too many connections; close one, or try later");
  const std::string text = fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      full.body.size(), full.body);
  send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(socket, SHUT_WR);
  close(socket);
}

void HttpServer::turn_away(int socket) {
  {
    const std::lock_guard lock{mutex_};
    sockets_.erase(socket);
  }
  say_full(socket);
}

bool HttpServer::take(int socket, std::size_t most) {
  {
    const std::lock_guard lock{mutex_};
    if (sockets_.size() < most && !stopping_) {
      sockets_.insert(socket);
      return true;
    }
  }
  say_full(socket);
  return false;
}

void HttpServer::serve(int socket) {
  try {
    ClientConnection connection{socket};
    current = &connection;
    serve_requests(connection);
    if (connection.close) connection.linger();
  } catch (const std::exception& error) {
    host_.log(LogLevel::error, fmt::format("a connection broke off: {}", error.what()));
  }
  current = nullptr;
  // Closed under the lock: stop() must not shut down another socket that gets the same number.
  const std::lock_guard lock{mutex_};
  sockets_.erase(socket);
  close(socket);
  changed_.notify_all();
}

void HttpServer::serve_requests(ClientConnection& connection) {
  for (std::size_t left = requests_on_one_connection; left > 0; --left) {
    if (!connection.wait_for_request()) return;
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) return;
    }
    connection.begin_request();
    bool closed = false;
    const auto set_up = [&connection](httplib::Request& request) {
      request.ranges.clear();  // nothing here comes in parts
      connection.accept_encoding = request.get_header_value("Accept-Encoding");
      request.headers.erase("Accept-Encoding");  // a compressed stream would wait to be full
    };
    // The library of Debian 13 wants the addresses as well, which nothing here asks for.
    const auto process = [&](auto& server) {
      if constexpr (requires { server.process_request(connection, left == 1, closed, set_up); }) {
        return server.process_request(connection, left == 1, closed, set_up);
      } else {
        return server.process_request(connection, "", 0, "", 0, left == 1, closed, set_up);
      }
    };
    const bool ok = process(*this);
    if (!connection.routed) connection.close = true;  // what follows is not known to be a request
    if (!ok || closed || connection.close) return;
  }
}

// The library has read the head. What needs no body is answered here.
httplib::Server::HandlerResponse HttpServer::begin(const httplib::Request& request,
                                                   httplib::Response& response) {
  ClientConnection& connection = *current;
  connection.routed = true;
  connection.close = true;  // until the body is known to be read, or not to be there
  try {
    connection.head = head_of(request);
    connection.head.headers.emplace("accept-encoding", connection.accept_encoding);
    Admitted admitted = dispatcher_.admit(connection.head);
    if (admitted.has_body) {
      // The limit also counts the framing of chunks and the other fields of a form.
      const std::uint64_t most = admitted.most_bytes + admitted.most_bytes / 8 + framing_bytes;
      connection.begin_body(admitted.length.value_or(most));
      connection.admitted = std::move(admitted);
      return HandlerResponse::Unhandled;
    }
    connection.close = false;
    give(connection, dispatcher_.answer(std::move(admitted)), response);
  } catch (const ApiError& error) {
    const auto& headers = connection.head.headers;
    const auto length = headers.find("content-length");
    const bool body = headers.contains("transfer-encoding") ||
                      (length != headers.end() && length->second != "0") || headers.empty();
    connection.close = body;
    refuse(connection, error, response);
  }
  return HandlerResponse::Handled;
}

void HttpServer::finish(const httplib::Request& request, httplib::Response& response,
                        const httplib::ContentReader& reader) {
  ClientConnection& connection = *current;
  if (!connection.admitted) return;
  Admitted admitted = *std::exchange(connection.admitted, std::nullopt);
  std::string& body = admitted.request.body;
  bool too_large = false;
  bool in_file = !request.is_multipart_form_data();
  int files = in_file ? 1 : 0;
  const auto receive = [&](const char* bytes, size_t size) {
    if (!in_file) return true;
    too_large = body.size() + size > admitted.most_bytes;
    if (!too_large) body.append(bytes, size);
    return !too_large;
  };
  const auto part = [&](const httplib::MultipartFormData& field) {
    in_file = field.name == "file";
    files += in_file ? 1 : 0;
    return true;
  };
  const bool complete = request.is_multipart_form_data() ? reader(part, receive) : reader(receive);
  try {
    if (too_large || connection.out_of_bytes()) {
      throw ApiError{413, fmt::format("expected a body of at most {} bytes", admitted.most_bytes)};
    }
    if (connection.out_of_time()) throw ApiError{408, "the body did not come in time"};
    if (!complete) throw ApiError{400, "the body is not complete, or not what its header says"};
    if (files != 1) throw ApiError{400, "expected a form with one field \"file\""};
    connection.close = false;
    give(connection, dispatcher_.answer(std::move(admitted)), response);
  } catch (const ApiError& error) {
    refuse(connection, error, response);
  }
}

void HttpServer::give(ClientConnection& connection, Response&& answer,
                      httplib::Response& response) const {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (!answer.stream) {
    if (!answer.body.empty()) response.set_content(answer.body, answer.content_type);
    return;
  }
  response.set_chunked_content_provider(
      answer.content_type,
      [this, &connection, stream = std::move(answer.stream)](size_t, httplib::DataSink& sink) {
        bool there = true;
        try {
          stream([&](std::string_view bytes) {
            there = there && connection.client_is_there() &&
                    (bytes.empty() || sink.write(bytes.data(), bytes.size()));
            return there;
          });
        } catch (const std::exception& error) {
          host_.log(LogLevel::error, fmt::format("an answer broke off: {}", error.what()));
          there = false;
        }
        if (there) sink.done();
        if (!there) connection.close = true;
        return there;
      });
}

void HttpServer::refuse(ClientConnection& connection, const ApiError& error,
                        httplib::Response& response) const {
  Response answer;
  respond_error(answer, error);
  give(connection, std::move(answer), response);
}

// What the library refuses by itself.
void HttpServer::fill_in(const httplib::Request&, httplib::Response& response) {
  if (!response.body.empty()) return;
  Response answer;
  respond_error(answer, response.status, reason_of(response.status));
  response.set_content(answer.body, answer.content_type);
}

void HttpServer::seal(const httplib::Request& request, httplib::Response& response) const {
  // The page of the console has its own rules.
  for (const auto& [name, value] : safe_headers) {
    if (!response.has_header(name)) response.set_header(name, value);
  }
  const ClientConnection& connection = *current;
  for (const auto& [name, value] : dispatcher_.cors_headers(connection.head)) {
    response.set_header(name, value);
  }
  if (request.method == "HEAD") response.headers.erase("Accept-Ranges");
  if (!connection.close && connection.routed) return;
  response.headers.erase("Keep-Alive");
  response.headers.erase("Connection");
  response.set_header("Connection", "close");
}

void HttpServer::stop() {
  constexpr std::chrono::milliseconds patience{1000};
  svr_sock_ = INVALID_SOCKET;  // the library ends its streams by this
  std::unique_lock lock{mutex_};
  stopping_ = true;
  for (const int socket : sockets_) shutdown(socket, SHUT_RD);
  changed_.wait_for(lock, patience, [&] { return sockets_.empty(); });
  for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
}

}  // namespace iotcard
