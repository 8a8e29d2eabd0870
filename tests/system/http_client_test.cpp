// SPDX-License-Identifier: Apache-2.0
// The HTTP client of card platforms before servers that are well: what is asked arrives as it was
// said, and what is answered comes back whole, or is refused where it is not to be had.
#include "http/http_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "support/byte_server.h"
#include "support/proxy_settings.h"
#include "support/running_server.h"

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

using Kind = HttpError::Kind;

// Keeps what it was asked.
class Echo {
 public:
  Echo() {
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock{mutex_};
      last_ = request;
      ports_.insert(request.remote_port);
      response.set_content("you said " + request.body, "text/plain");
    };
    server->Get(".*", answer).Post(".*", answer).Put(".*", answer);
    server->Patch(".*", answer).Delete(".*", answer);
    server.start();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server.port()) + path;
  }
  httplib::Request last() {
    const std::lock_guard lock{mutex_};
    return last_;
  }
  std::size_t connections() {
    const std::lock_guard lock{mutex_};
    return ports_.size();
  }

  RunningServer<httplib::Server> server;

 private:
  std::mutex mutex_;
  httplib::Request last_;  // guarded by mutex_, as the next
  std::set<int> ports_;
};

std::unique_ptr<HttpClient> client(HttpOptions options = {}) {
  options.allow_insecure = true;
  return make_http_client(options);
}

HttpRequest get(const std::string& url) {
  return {"GET", url, {}, ""};
}

Kind error_kind(HttpClient& http, const HttpRequest& request) {
  try {
    http.send(request);
  } catch (const HttpError& error) {
    INFO(error.what());
    CHECK(std::string{error.what()}.find("secret") == std::string::npos);
    CHECK(std::string{error.what()}.find("127.0.0.1") == std::string::npos);
    return error.kind();
  }
  throw std::runtime_error("it was answered");
}

}  // namespace

TEST_CASE("a request arrives as it was said") {
  const ProxySettings no_proxy;
  Echo echo;
  const auto http = client();
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    INFO(method);
    const std::string body = method == "GET" || method == "DELETE" ? "" : "a=b%20c";
    const HttpResponse response = http->send(
        {method, echo.url("/a/%2F/../b?x=%26"), {{"X-Sign", "s1"}, {"X-Void", ""}}, body});
    CHECK(response.status == 200);
    CHECK(response.body == "you said " + body);
    const httplib::Request asked = echo.last();
    CHECK(asked.method == method);
    CHECK(asked.target == "/a/%2F/../b?x=%26");
    CHECK(asked.get_header_value("X-Sign") == "s1");
    CHECK(asked.get_header_value("User-Agent").starts_with("iotcardd/"));
    CHECK_FALSE(asked.has_header("Content-Type"));
    CHECK_FALSE(asked.has_header("Expect"));
  }
}

TEST_CASE("POST, PUT and PATCH have a body, be it empty; the content type is the request's") {
  const ProxySettings no_proxy;
  Echo echo;
  const auto http = client();
  for (const std::string method : {"POST", "PUT", "PATCH"}) {
    INFO(method);
    http->send({method, echo.url("/"), {{"content-type", "application/json"}}, ""});
    CHECK(echo.last().get_header_value("Content-Length") == "0");
    CHECK(echo.last().get_header_value("Content-Type") == "application/json");
  }
  // Large enough for libcurl to wait for a 100 Continue, if it were let.
  const std::string large(std::size_t{2} << 20, 'x');
  http->send({"POST", echo.url("/"), {}, large});
  CHECK(echo.last().body == large);
  CHECK_FALSE(echo.last().has_header("Expect"));
  // Nothing of one request is left in the next.
  http->send(get(echo.url("/")));
  CHECK(echo.last().body == "");
  CHECK_FALSE(echo.last().has_header("Content-Length"));
}

TEST_CASE("a GET may have a body, and a header may be empty") {
  const ProxySettings no_proxy;
  std::promise<std::string> asked;
  ByteServer server{[&](ByteServer::Connection& connection) {
    std::string all;
    while (!all.ends_with("of it")) all += connection.read();
    asked.set_value(all);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  client()->send({"GET", "http://" + host, {{"X-Void", ""}}, "the body of it"});
  const std::string head = asked.get_future().get();
  INFO(head);
  CHECK(head.starts_with("GET / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: iotcardd/"));
  CHECK(head.ends_with(
      "\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nX-Void:\r\nContent-Length: 14\r\n\r\n"
      "the body of it"));
}

TEST_CASE("a connection is kept for the next request") {
  const ProxySettings no_proxy;
  Echo echo;
  const auto http = client();
  for (int i = 0; i < 10; ++i) http->send({"POST", echo.url("/"), {}, "x"});
  CHECK(echo.connections() == 1);
}

TEST_CASE("a connection that the server has given up in between is made anew") {
  const ProxySettings no_proxy;
  ByteServer server{[](ByteServer::Connection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }};
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  const auto http = client();
  for (int i = 0; i < 3; ++i) CHECK(http->send(get(url)).body == "ok");
  CHECK(server.accepted() == 3);
}

TEST_CASE("any status is an answer, and a redirect is not followed") {
  const ProxySettings no_proxy;
  RunningServer<httplib::Server> server;
  std::atomic<int> followed = 0;
  server->Get("/redirect", [](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/elsewhere", 307);
  });
  server->Get("/elsewhere", [&](const httplib::Request&, httplib::Response&) { ++followed; });
  server->Get("/nothing",
              [](const httplib::Request&, httplib::Response& response) { response.status = 204; });
  server->Get("/later", [](const httplib::Request&, httplib::Response& response) {
    response.status = 429;
    response.set_header("Retry-After", "17");
  });
  server->Get("/chunks", [](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
      sink.write("one ", 4);
      sink.write("two", 3);
      sink.done();
      return true;
    });
  });
  server.start();
  const std::string base = "http://127.0.0.1:" + std::to_string(server.port());
  const auto http = client();

  CHECK(http->send(get(base + "/redirect")).status == 307);
  CHECK(followed == 0);
  const HttpResponse nothing = http->send(get(base + "/nothing"));
  CHECK(nothing.status == 204);
  CHECK(nothing.body == "");
  CHECK(http->send(get(base + "/unknown")).status == 404);
  CHECK(http->send(get(base + "/chunks")).body == "one two");
  const HttpResponse later = http->send(get(base + "/later"));
  CHECK(later.status == 429);
  REQUIRE(later.header("retry-after") != nullptr);
  CHECK(*later.header("retry-after") == "17");
  CHECK(later.header("x-thrice") == nullptr);
}

TEST_CASE("headers of an interim answer are not the answer's, and a folded line is one") {
  const ProxySettings no_proxy;
  ByteServer server{[](ByteServer::Connection& connection) {
    connection.read_head();
    connection.send(
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\nX-Void:\r\nX-Twice: 1\r\nx-twice: 2\r\n"
        "Content-Length: 0\r\n\r\n");
  }};
  const HttpResponse response =
      client()->send(get("http://127.0.0.1:" + std::to_string(server.port())));
  CHECK(response.status == 200);
  CHECK(response.header("x-early") == nullptr);
  CHECK(*response.header("x-folded") == "one two");
  CHECK(*response.header("x-void") == "");
  CHECK(*response.header("x-twice") == "1");
}

TEST_CASE("an answer may be compressed, and the limit is that of what it says") {
  const ProxySettings no_proxy;
  RunningServer<httplib::Server> server;
  server->Get("/(\\d+)", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(std::string(std::stoul(request.matches[1]), '0'), "text/plain");
  });
  server.start();
  const std::string base = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto http = client({.max_bytes = 100000});
  const HttpResponse full = http->send(get(base + "100000"));
  REQUIRE(full.header("content-encoding") != nullptr);
  CHECK(*full.header("content-encoding") == "gzip");
  CHECK(full.body == std::string(100000, '0'));
  CHECK(error_kind(*http, get(base + "100001")) == Kind::too_large);
  CHECK(error_kind(*http, get(base + "50000000")) == Kind::too_large);  // some 50 KB compressed
  CHECK(http->send(get(base + "7")).body == "0000000");                 // and it goes on
}

TEST_CASE("what must not be sent is refused before anybody is asked") {
  const ProxySettings no_proxy;
  ByteServer server{[](ByteServer::Connection& connection) { connection.wait_for_end(); }};
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const std::string url = "http://" + address;
  const auto http = client();
  using namespace std::string_literals;
  const std::vector<HttpRequest> requests{
      get(""),
      get(address),
      get("//" + address),
      get("ftp://" + address),
      get("file:///etc/passwd"),
      get("telnet://" + address),
      get(url + "/\r\nX-Secret: secret"),
      get(url + "/\nx"),
      get(url + "/\tx"),
      get(url + "/a b"),
      get(url + "/\0x"s),
      get("http://"),
      {"GET", url, {{"X-Secret\r\nX", "secret"}}, ""},
      {"GET", url, {{"X-Secret:", "secret"}}, ""},
      {"GET", url, {{"", "secret"}}, ""},
      {"GET", url, {{"X-Secret", "secret\r\nX: y"}}, ""},
      {"GET", url, {{"X-Secret", "secret\ny"}}, ""},
      {"GET", url, {{"X-Secret", "secret\0y"s}}, ""},
      {"POST", url, {{"Content-Length", "5"}}, "secret"},
      {"POST", url, {{"transfer-encoding", "chunked"}}, "secret"},
      {"HEAD", url, {}, ""},
      {"CONNECT", url, {}, ""},
      {"GET / HTTP/1.1\r\nX:", url, {}, ""},
      {"", url, {}, ""},
  };
  for (const HttpRequest& request : requests) {
    INFO(request.method << " " << request.url);
    CHECK(error_kind(*http, request) == Kind::refused);
  }
  CHECK(server.accepted() == 0);
}

TEST_CASE("http:// needs allow_insecure, and the error says so") {
  const ProxySettings no_proxy;
  ByteServer server{[](ByteServer::Connection& connection) { connection.wait_for_end(); }};
  const auto http = make_http_client({});
  for (const std::string scheme : {"http", "HTTP"}) {
    try {
      http->send(get(scheme + "://127.0.0.1:" + std::to_string(server.port())));
      FAIL("it was sent");
    } catch (const HttpError& error) {
      CHECK(error.kind() == Kind::refused);
      CHECK_THAT(error.what(), Catch::Contains("allow_insecure = true"));
    }
  }
  CHECK(server.accepted() == 0);
}

TEST_CASE("many threads may begin with a client of their own at once") {
  const ProxySettings no_proxy;
  Echo echo;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto http = client();
      if (http->send(get(echo.url("/"))).status == 200) ++answered;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered == 8);
}
