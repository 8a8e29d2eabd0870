// SPDX-License-Identifier: Apache-2.0
// A request from its head to the end of its answer; the other half of http_server.h.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "api/http_callbacks.h"
#include "api/received_head.h"
#include "api/representation.h"

namespace iotcard {
namespace {

constexpr std::size_t stream_block = 32 << 10;
constexpr int max_parameters = 200;  // of a query
constexpr const char* failed_here = "this failed for a reason that is not yours";

// Unless the response has its own.
constexpr std::array<std::pair<const char*, const char*>, 4> safe_headers = {{
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Referrer-Policy", "no-referrer"},
}};

bool announces_body(const RequestHead& head) {
  const std::string length = head.header("content-length");
  return head.headers.contains("transfer-encoding") || (!length.empty() && length != "0");
}

// After a body in chunks, libmicrohttpd before 1.0 may not agree with a proxy where it ended, as it
// takes a line feed alone for a line end within; so no other request may follow.
bool may_have_been_misread(const RequestHead& head) {
  return MHD_VERSION < 0x01000000 && head.headers.contains("transfer-encoding");
}

// Runs on a worker. `host` and `dispatcher` outlive the workers.
void work(Dispatcher& dispatcher, const ApiHost& host, Exchange& exchange, Admitted& admitted) {
  try {
    const RequestHead head = admitted.request.head;
    const bool head_only = head.method == "HEAD";
    Response response = dispatcher.answer(std::move(admitted));
    represent(head, response);
    const auto stream = std::exchange(response.stream, nullptr);
    exchange.answer(std::move(response), stream != nullptr);
    if (stream && !head_only) stream([&](std::string_view bytes) { return exchange.write(bytes); });
    exchange.finish();
  } catch (const std::exception& error) {
    exchange.fail();
    log_problem(host, "an answer broke off", error.what());
  } catch (...) {
    exchange.fail();
  }
}

}  // namespace

void log_problem(const ApiHost& host, const char* what, const char* why) noexcept {
  try {
    host.log(LogLevel::error, fmt::format("{}: {}", what, why));
  } catch (...) {  // without memory there is no log either
  }
}

std::string raw_error(const ApiError& error) {
  Response answer;
  respond_error(answer, error);
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", answer.status,
                  MHD_get_reason_phrase_for(static_cast<unsigned>(answer.status)),
                  answer.content_type, answer.body.size());
  for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
  for (const auto& [name, value] : safe_headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "Connection: close\r\n\r\n" + answer.body;
}

ClientConnection* HttpServer::Callbacks::of(MHD_Connection* handle) {
  const auto* info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<ClientConnection*>(info->socket_context);
}

void HttpServer::Callbacks::connection(void* cls, MHD_Connection* handle, void** context,
                                       MHD_ConnectionNotificationCode code) noexcept {
  auto& server = *static_cast<HttpServer*>(cls);
  auto& connections = server.connections_;
  ++server.calls_;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    // The next question overwrites the answer to this one.
    const int socket =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    try {
      const auto* peer = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
      sockaddr_storage address{};
      const sockaddr* const from = peer->client_addr;
      if (from != nullptr) {
        std::memcpy(&address, from,
                    from->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
      }
      auto made =
          std::make_unique<ClientConnection>(handle, socket, address_text(address), server.https_);
      if (connections.size() < connections.capacity()) {
        *context = made.get();
        connections.push_back(std::move(made));
        return;
      }
    } catch (...) {  // out of memory
    }
    // Nobody would end it: it has no deadline.
    *context = nullptr;
    shutdown(socket, SHUT_RDWR);
    return;
  }
  auto* const ended = static_cast<ClientConnection*>(*context);
  *context = nullptr;
  if (ended == nullptr) return;
  if (ended->exchange) ended->exchange->abandon();
  server.linger_on(ended->descriptor);
  std::erase_if(connections, [&](const auto& one) { return one.get() == ended; });
}

void* HttpServer::Callbacks::target(void* cls, const char* target,
                                    MHD_Connection* handle) noexcept {
  auto& server = *static_cast<HttpServer*>(cls);
  ++server.calls_;
  ClientConnection* const connection = of(handle);
  if (connection == nullptr) return nullptr;
  try {
    connection->target = target == nullptr ? "" : target;
    connection->target_at = target;
    // The library stores each one, and has no answer when its memory for them is full.
    if (std::ranges::count(connection->target, '&') > max_parameters) {
      server.tell_and_end(*connection, ApiError{400, "the query has too many parameters"});
    }
  } catch (...) {
    connection->target_at = nullptr;
  }
  return nullptr;
}

// Ours decodes; the library must not change what received_head.cpp looks at.
size_t HttpServer::Callbacks::unescape(void*, MHD_Connection*, char* text) noexcept {
  return std::strlen(text);
}

MHD_Result HttpServer::Callbacks::request(void* cls, MHD_Connection* handle, const char*,
                                          const char* method, const char* version,
                                          const char* piece, size_t* piece_size, void**) noexcept {
  using Stage = ClientConnection::Stage;
  auto& server = *static_cast<HttpServer*>(cls);
  ++server.calls_;
  ClientConnection* const connection = of(handle);
  if (connection == nullptr || connection->ended) return MHD_NO;
  const auto handled = [&] {
    switch (connection->stage) {
      case Stage::head:
        return server.begin(*connection, method, version);
      case Stage::refusing:
        return piece != nullptr || server.send(*connection, false);
      case Stage::body:
        if (piece == nullptr) return server.complete(*connection);
        return server.add_piece(*connection, {piece, std::exchange(*piece_size, 0)});
      case Stage::working:
        return server.resumed(*connection);
      case Stage::sending:
      case Stage::streaming:
        return true;  // not reached: it has an answer
    }
    return false;  // not reached
  };
  try {
    return handled() ? MHD_YES : MHD_NO;
  } catch (const std::exception& error) {  // out of memory
    log_problem(server.host_, "a request broke off", error.what());
    return MHD_NO;
  } catch (...) {
    return MHD_NO;
  }
}

void HttpServer::Callbacks::completed(void* cls, MHD_Connection* handle, void**,
                                      MHD_RequestTerminationCode) noexcept {
  ++static_cast<HttpServer*>(cls)->calls_;
  ClientConnection* const connection = of(handle);
  if (connection == nullptr) return;
  if (connection->exchange) connection->exchange->abandon();
  connection->begin_head();
}

ssize_t HttpServer::Callbacks::next_bytes(void* cls, uint64_t, char* to, size_t max) noexcept {
  auto& connection = *static_cast<ClientConnection*>(cls);
  std::size_t count = 0;
  switch (connection.exchange->read(to, max, count)) {
    case Exchange::Bytes::some:
      connection.send_block(count);
      return static_cast<ssize_t>(count);
    case Exchange::Bytes::none_yet:
      connection.pause_sending();
      connection.suspended = true;
      MHD_suspend_connection(connection.handle);
      return 0;
    case Exchange::Bytes::end:
      return MHD_CONTENT_READER_END_OF_STREAM;
    case Exchange::Bytes::broken:
      break;
  }
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

// The head has come. What needs no body is refused only once the library has the whole request, as
// it ends the connection otherwise.
bool HttpServer::begin(ClientConnection& connection, const char* method, const char* version) {
  if (connection.target_at == nullptr) return false;
  bool understood = false;
  try {
    connection.head = received_head(connection.handle, {.method = method,
                                                        .version = version,
                                                        .target_at = connection.target_at,
                                                        .target = connection.target});
    connection.head.peer = connection.address;
    connection.head.secure = connection.is_secure;
    understood = true;
    connection.close_after = may_have_been_misread(connection.head);
    connection.admitted = dispatcher_.admit(connection.head);
    connection.begin_body();
    return true;
  } catch (const ApiError& error) {
    refuse(connection, error);
  }
  connection.stage = ClientConnection::Stage::refusing;
  connection.wait_without_limit();
  if (understood && !announces_body(connection.head)) return true;
  connection.close_after = true;
  return send(connection, false);
}

bool HttpServer::add_piece(ClientConnection& connection, std::string_view piece) {
  try {
    connection.add_to_body(piece);
    return true;
  } catch (const ApiError& error) {
    tell(connection, error);
    return false;
  }
}

bool HttpServer::complete(ClientConnection& connection) {
  try {
    connection.finish_body();
    return dispatch(connection);
  } catch (const ApiError& error) {
    refuse(connection, error);
    return send(connection, false);
  }
}

// Throws ApiError.
bool HttpServer::dispatch(ClientConnection& connection) {
  auto exchange = std::make_shared<Exchange>(waker_);
  auto admitted = std::make_shared<Admitted>(*std::exchange(connection.admitted, std::nullopt));
  const bool taken = workers_.add([&dispatcher = dispatcher_, &host = host_, exchange, admitted] {
    work(dispatcher, host, *exchange, *admitted);
  });
  if (!taken) {
    throw ApiError{
        503, "the system has no thread for this request; try later", {{"Retry-After", "5"}}};
  }
  connection.exchange = std::move(exchange);
  connection.stage = ClientConnection::Stage::working;
  connection.wait_without_limit();
  connection.suspended = true;
  MHD_suspend_connection(connection.handle);
  return true;
}

bool HttpServer::resumed(ClientConnection& connection) {
  bool streams = false;
  try {
    if (!connection.exchange->take(connection.answer, streams)) return false;
  } catch (const std::bad_alloc&) {
    refuse(connection, ApiError{500, failed_here});
  }
  return send(connection, streams);
}

void HttpServer::refuse(ClientConnection& connection, const ApiError& error) const {
  respond_error(connection.answer, error);
}

bool HttpServer::send(ClientConnection& connection, bool streams) {
  const Response& answer = connection.answer;
  MHD_Response* const response =
      streams
          ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, stream_block,
                                              &Callbacks::next_bytes, &connection, nullptr)
          : MHD_create_response_from_buffer(
                answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_PERSISTENT);
  if (response == nullptr) return false;
  // After the head of a stream in chunks, libmicrohttpd before 1.0 sends the last chunk also to
  // HEAD.
  if (streams && connection.head.method == "HEAD") {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  }
  const std::unique_ptr<MHD_Response, void (*)(MHD_Response*)> owned{response,
                                                                     &MHD_destroy_response};
  bool complete = true;
  const auto add = [&](const char* name, const std::string& value) {
    complete = MHD_add_response_header(response, name, value.c_str()) == MHD_YES && complete;
  };
  if ((streams || !answer.body.empty()) && !answer.content_type.empty()) {
    add("Content-Type", answer.content_type);
  }
  for (const auto& [name, value] : answer.headers) add(name.c_str(), value);
  for (const auto& [name, value] : safe_headers) {
    if (header_of(answer, name) == nullptr) add(name, value);
  }
  for (const auto& [name, value] : dispatcher_.cors_headers(connection.head)) {
    add(name.c_str(), value);
  }
  if (connection.close_after || stop_wanted_) add("Connection", "close");
  if (!complete) {
    log_problem(host_, "an answer broke off", "one of its headers cannot be sent");
    return false;
  }
  connection.stage =
      streams ? ClientConnection::Stage::streaming : ClientConnection::Stage::sending;
  connection.begin_sending(streams ? 0 : answer.body.size());
  dispatcher_.requests().answered(answer.status);
  return MHD_queue_response(connection.handle, static_cast<unsigned>(answer.status), response) ==
         MHD_YES;
}

}  // namespace iotcard
