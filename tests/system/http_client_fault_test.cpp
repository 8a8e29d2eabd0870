// SPDX-License-Identifier: Apache-2.0
// The HTTP client of card platforms before servers that are not well: dead, silent, endless, or no
// HTTP servers at all; and what ends its waiting.
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <future>

#include "http/http_client.h"
#include "support/byte_server.h"
#include "support/proxy_settings.h"
#include "support/wait.h"

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

using Kind = HttpError::Kind;
using Connection = ByteServer::Connection;

std::string url_of(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port) + "/secret?key=secret";
}

HttpRequest get(std::uint16_t port) {
  return {"GET", url_of(port), {{"X-Key", "secret"}}, ""};
}

struct Outcome {
  Kind kind;
  std::string text;
};

Outcome failure(HttpClient& http, const HttpRequest& request) {
  try {
    http.send(request);
  } catch (const HttpError& error) {
    const std::string text = error.what();
    INFO(text);
    for (const char* part : {"secret", "127.0.0.1", "X-Key"}) {
      CHECK(text.find(part) == std::string::npos);
    }
    return {error.kind(), text};
  }
  throw std::runtime_error("it was answered");
}

std::unique_ptr<HttpClient> client(std::chrono::milliseconds timeout = patience,
                                   std::size_t max_bytes = 100000) {
  return make_http_client({.timeout = timeout, .max_bytes = max_bytes, .allow_insecure = true});
}

// What becomes of a question to a server that behaves so.
Outcome failure_of(const std::function<void(Connection&)>& serve,
                   std::chrono::milliseconds timeout = patience) {
  ByteServer server{serve};
  return failure(*client(timeout), get(server.port()));
}

std::function<void(Connection&)> answer(const std::string& bytes) {
  return [bytes](Connection& connection) {
    connection.read_head();
    connection.send(bytes);
  };
}

std::function<void(Connection&)> answer_endlessly(const std::string& begin,
                                                  const std::string& again) {
  return [begin, again](Connection& connection) {
    connection.read_head();
    connection.send(begin);
    while (connection.send(again)) {
    }
  };
}

}  // namespace

TEST_CASE("a port that nobody listens on is unreachable, with the reason") {
  const ProxySettings no_proxy;
  const auto [kind, text] = failure(*client(), get(free_port()));
  CHECK(kind == Kind::unreachable);
  CHECK_THAT(text, Catch::Contains("Connection refused"));
}

TEST_CASE("a host without an address is unreachable") {
  const ProxySettings no_proxy;
  const auto [kind, text] = failure(*client(), {"GET", "http://secret.invalid/", {}, ""});
  CHECK(kind == Kind::unreachable);
}

TEST_CASE("what is no HTTP is no answer") {
  const ProxySettings no_proxy;
  const std::vector<std::string> answers{
      "",
      "220 mail.example ESMTP\r\n",
      std::string(5000, '\0'),
      "HTTP/1.1 2xx OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
  };
  for (const std::string& bytes : answers) {
    const Outcome outcome = failure_of(answer(bytes));
    INFO(bytes << ": " << outcome.text);
    CHECK(outcome.kind == Kind::unreachable);
  }
}

TEST_CASE("an answer without an end is cut off") {
  const ProxySettings no_proxy;
  const std::string much(std::size_t{1} << 20, 'x');
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::pair<std::string, std::string>> answers{
      {ok + "\r\n", much},
      {ok + "Content-Length: 104857600\r\n\r\n", much},
      {ok + "Transfer-Encoding: chunked\r\n\r\n", "4\r\nwiki\r\n"},
      {ok, "X-Header: of many\r\n"},
      {ok + "X-Header: ", much},
      {"HTTP/1.1 ", much},
      {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: of many\r\n"},
  };
  for (const auto& [begin, again] : answers) {
    const Outcome outcome = failure_of(answer_endlessly(begin, again));
    INFO(begin << ": " << outcome.text);
    CHECK(outcome.kind == Kind::too_large);
  }
  const auto trailer =
      answer_endlessly(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", much);
  const Kind kind = failure_of(trailer).kind;
  CHECK(
      (kind == Kind::too_large || kind == Kind::unreachable));  // libcurl before 8.6 does not know
}

TEST_CASE("a server that is silent is a time-out, before and within its answer") {
  const ProxySettings no_proxy;
  const auto silent = [](const std::string& begin) {
    return [begin](Connection& connection) {
      connection.read_head();
      connection.send(begin);
      connection.wait_for_end();
    };
  };
  for (const std::string begin : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n\r\nhalf"}) {
    INFO(begin);
    const auto [kind, text] = failure_of(silent(begin), 200ms);
    CHECK(kind == Kind::timeout);
    CHECK_THAT(text, Catch::Contains("200 ms"));
  }
}

TEST_CASE("a server that takes no connection is unreachable when the time is over") {
  const ProxySettings no_proxy;
  const StuckPort stuck;
  const auto [kind, text] = failure(*client(200ms), get(stuck.port()));
  CHECK(kind == Kind::unreachable);
  CHECK_THAT(text, Catch::Contains("no connection within 200 ms"));
}

TEST_CASE("a server that hangs up while it is sent something does not end the program") {
  const ProxySettings no_proxy;
  REQUIRE(std::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  const ByteServer server{[](Connection& connection) { connection.read(); }};
  const std::string body(std::size_t{8} << 20, 'x');
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = failure(*client(), {"POST", url_of(server.port()), {}, body});
    CHECK(outcome.kind == Kind::unreachable);
  }
}

TEST_CASE("an interrupt ends the wait for a silent server, and every later request") {
  const ProxySettings no_proxy;
  ByteServer server{[](Connection& connection) { connection.wait_for_end(); }};
  const auto http = client();
  auto outcome =
      std::async(std::launch::async, [&] { return failure(*http, get(server.port())).kind; });
  REQUIRE(eventually([&] { return server.accepted() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  http->interrupt();
  CHECK(outcome.get() == Kind::interrupted);
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
  CHECK(failure(*http, get(server.port())).kind == Kind::interrupted);
  CHECK(server.accepted() == 1);
}

TEST_CASE("an interrupt ends the wait for a connection") {
  const ProxySettings no_proxy;
  const StuckPort stuck;
  const auto http = client();
  auto outcome =
      std::async(std::launch::async, [&] { return failure(*http, get(stuck.port())).kind; });
  REQUIRE(eventually([&] { return stuck.somebody_knocks(); }));
  const auto begin = std::chrono::steady_clock::now();
  http->interrupt();
  CHECK(outcome.get() == Kind::interrupted);
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
}

TEST_CASE("an interrupt ends an answer that goes on and on") {
  const ProxySettings no_proxy;
  ByteServer server{answer_endlessly("HTTP/1.1 200 OK\r\n\r\n", std::string(100000, 'x'))};
  const auto http = client(patience, std::size_t{64} << 30);
  auto outcome =
      std::async(std::launch::async, [&] { return failure(*http, get(server.port())).kind; });
  REQUIRE(eventually([&] { return server.accepted() == 1; }));
  http->interrupt();
  CHECK(outcome.get() == Kind::interrupted);
}

TEST_CASE("what is to be done once is sent once, whatever becomes of the connection") {
  const ProxySettings no_proxy;
  std::atomic<int> orders = 0;
  ByteServer server{[&](Connection& connection) {
    for (;;) {
      const std::string head = connection.read_head();
      if (head.empty()) return;
      if (head.starts_with("PUT ")) {
        ++orders;  // it does so, and breaks down before it says so
        return;
      }
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  }};
  const auto http = client();
  CHECK(http->send(get(server.port())).body == "ok");
  HttpRequest order{"PUT", url_of(server.port()), {}, ""};
  order.once = true;
  CHECK(failure(*http, order).kind == Kind::unreachable);
  CHECK(orders == 1);
}
