// SPDX-License-Identifier: Apache-2.0
// The HTTP API of a running daemon: who may ask, what is refused, and that nobody can hold it up.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <regex>

#include "system/api_world.h"

using namespace iotcard;

namespace {

std::map<std::string, std::string> bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

std::string token_file(const TempDir& dir, const std::string& text) {
  const std::string path = dir.file("tokens");
  write_file(path, text);
  chmod(path.c_str(), 0600);
  return path;
}

}  // namespace

TEST_CASE(
    "every error has the envelope and its HTTP status, and every response the security headers") {
  const ApiWorld world;
  const std::uint16_t port = world.port;
  const auto check = [](const HttpReply& reply, int status) {
    CAPTURE(reply.body);
    CHECK(reply.status == status);
    CHECK(reply.body.rfind("{\"code\":" + std::to_string(status) + ",\"msg\":\"", 0) == 0);
    CHECK(reply.headers.at("content-type") == "application/json");
    CHECK(reply.headers.at("content-security-policy") ==
          "default-src 'none'; frame-ancestors 'none'");
    CHECK(reply.headers.at("x-content-type-options") == "nosniff");
    CHECK(reply.headers.at("cache-control") == "no-store");
    CHECK(reply.headers.at("referrer-policy") == "no-referrer");
  };
  check(http_get(port, "/healthz"), 200);
  check(http_get(port, "/readyz"), 200);
  check(http_get(port, "/nowhere"), 404);
  check(http_get(port, "/rejected/1"), 404);
  check(http_get(port, "/rejected/x"), 400);
  check(http_get(port, "/rejected/%ff"), 400);
  check(http_get(port, "/healthz?a=1"), 400);
  check(http_get(port, "/healthz?a=%ff"), 400);
  check(http_get(port, "/" + std::string(9000, 'x')), 414);
  check(http_get(port, "/healthz", {{"Range", "bytes=0-3"}}), 200);  // whole, as RFC 9110 allows
  const HttpReply wrong_method = http(port, {.method = "DELETE", .target = "/healthz"});
  check(wrong_method, 405);
  CHECK(wrong_method.headers.at("allow") == "GET, HEAD, OPTIONS");
  check(http(port, {.method = "PATCH", .target = "/healthz"}), 405);
  check(http(port, {.method = "POST", .target = "/mismatch/1/accept", .body = "{}"}), 415);
  check(http_post(port, "/mismatch/1/accept", "[1]"), 400);
  check(http_post(port, "/mismatch/1/accept", R"({"card": 1})"), 400);
  check(http_post(port, "/mismatch/1/accept", "{}"), 404);
  check(http_post(port, "/mismatch/1/accept", ""), 404);
  check(http_post(port, "/mismatch/1/accept", std::string((1 << 20) + 1, ' ')), 413);
  check(http(port, {.method = "GET", .target = "/healthz", .body = "{}"}), 400);
  const HttpReply gzip =
      http(port, {.target = "/healthz", .headers = {{"Transfer-Encoding", "gzip"}}});
  if (newer_library) {
    CHECK(gzip.status == 400);  // its own page
  } else {
    check(gzip, 400);
  }
  HttpConnection twice{port};
  twice.send(
      "POST /mismatch/1/accept HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
      "Content-Length: 5\r\n\r\nhello");
  check(twice.read_reply(), 400);
  CHECK(twice.ends());
  HttpConnection garbage{port};
  garbage.send("\x16\x03\x01 hello\r\n\r\n");
  CHECK(garbage.read_reply().status == (newer_library ? 0 : 400));  // the library's own page
  CHECK(garbage.ends());
}

TEST_CASE("HEAD is GET without its body, and one connection takes many requests") {
  const ApiWorld world;
  HttpConnection connection{world.port};
  for (int i = 0; i < 3; ++i) {
    connection.send({.method = "HEAD", .target = "/healthz"});
    REQUIRE(connection.read_until("\r\n\r\n"));
    CHECK(contains(connection.received(), "HTTP/1.1 200 "));
    CHECK(contains(connection.received(), "Content-Length: 44\r\n"));
    connection.read_reply(std::chrono::milliseconds{1});
    connection.send({.target = "/healthz"});
    CHECK(connection.read_reply().body == R"({"code":200,"msg":"ok","data":{"live":true}})");
  }
  connection.send({.method = "POST",
                   .target = "/report/explain",
                   .headers = {{"Transfer-Encoding", "chunked"}, {"Expect", "100-continue"}}});
  REQUIRE(connection.read_until("100 Continue\r\n\r\n"));
  connection.read_reply();
  connection.send("6\r\n{\"a\":1\r\n1\r\n}\r\n0\r\n\r\n");
  CHECK(contains(connection.read_reply().body, "\"accepted\":true"));
  CHECK(http(world.port, {.method = "HEAD", .target = "/event/stream"}).status == 200);
}

TEST_CASE("a token to read reads, a token to write writes, and nothing goes without one") {
  const TempDir secrets;
  const std::string file =
      token_file(secrets, "console read " + reader + "\nops write " + writer + "\n");
  ApiWorld world{"token_file = \"" + file + "\""};
  const std::uint16_t port = world.port;
  CHECK(http_get(port, "/healthz").status == 200);
  CHECK(http_get(port, "/readyz").status == 200);
  const HttpReply none = http_get(port, "/rejected/1");
  CHECK(none.status == 401);
  CHECK(none.headers.at("www-authenticate") == "Bearer realm=\"iotcardd\"");
  CHECK(contains(http_get(port, "/rejected/1", bearer("wrong-token-0123456789"))
                     .headers.at("www-authenticate"),
                 "invalid_token"));
  CHECK(http_get(port, "/rejected/1", bearer(reader)).status == 404);
  CHECK(http_get(port, "/rejected/1", bearer(writer)).status == 404);
  CHECK(http_post(port, "/mismatch/1/dismiss", "", bearer(reader)).status == 403);
  CHECK(http_post(port, "/mismatch/1/dismiss", "").status == 401);
  CHECK(http_post(port, "/mismatch/1/dismiss", "", bearer(writer)).status == 404);
  CHECK(http_post(port, "/report/explain", "{}", bearer(reader)).status == 200);
  // A token is as good as a name: it may be asked for by any.
  CHECK(http_get(port, "/healthz", {{"Host", "cards.example"}}).status == 200);

  // Whose token it was stands with what was changed.
  add_card(world.dir, world.daemon, documented_iccid);
  const std::string card = std::string{"/card/"} + documented_iccid;
  const HttpReply bound =
      http_post(port, card + "/bind", R"({"product":"1","device":"D 1"})", bearer(writer));
  CHECK(contains(bound.body, "\"device\":\"D 1\""));
  CHECK(contains(bound.body, "\"created_by\":\"api:ops\""));
  CHECK(world.wait_for("binding/created/1/D 1"));
  CHECK(contains(http_post(port, card + "/unbind", "", bearer(writer)).body,
                 "\"ended_by\":\"api:ops\""));

  // A broken file leaves the tokens as they are, a good one takes over.
  write_file(file, "ops write short\n");
  world.daemon.process().signal(SIGHUP);
  REQUIRE(world.daemon.wait_for_log("tokens and origins stay as they were: " + file + ":1: "));
  CHECK(http_get(port, "/rejected/1", bearer(reader)).status == 404);
  unlink(file.c_str());
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  world.daemon.process().signal(SIGHUP);
  REQUIRE(world.daemon.wait_for_log("cannot read the tokens from " + file + ": a FIFO"));
  unlink(file.c_str());
  token_file(secrets, "ops write " + writer + "\n");
  world.daemon.process().signal(SIGHUP);
  CHECK(eventually([&] { return http_get(port, "/rejected/1", bearer(reader)).status == 401; }));
  CHECK(http_get(port, "/rejected/1", bearer(writer)).status == 404);
  CHECK(world.daemon.terminate() == 0);
  CHECK_FALSE(contains(world.daemon.log(), writer));
}

TEST_CASE("a changed address is used from the next start, and the tokens are kept until then") {
  const TempDir secrets;
  const std::string file = token_file(secrets, "ops write " + writer + "\n");
  ApiWorld world{"token_file = \"" + file + "\""};
  // As it would be without tokens.
  const std::string config = read_file(world.daemon.config_path());
  const std::size_t api = config.find("[api]\n");
  const std::size_t end = config.find('[', api + 1);
  write_file(world.daemon.config_path(), config.substr(0, api) + "[api]\nlisten = \"\"\n" +
                                             config.substr(std::min(end, config.size())));
  world.daemon.process().signal(SIGHUP);
  REQUIRE(world.daemon.wait_for_log("api.listen has changed; it takes effect at the next start"));
  REQUIRE(world.daemon.wait_for_log(": reloaded"));
  CHECK(http_get(world.port, "/rejected/1").status == 401);
  CHECK(http_get(world.port, "/rejected/1", bearer(writer)).status == 404);
}

TEST_CASE("a page of another origin cannot change anything, nor use a host name of its own") {
  ApiWorld world{"cors_origins = [\"https://ops.example\"]"};
  const std::uint16_t port = world.port;
  const std::string own = world.daemon.api_url();
  CHECK(http_get(port, "/healthz", {{"Host", "localhost"}}).status == 200);
  CHECK(http_get(port, "/healthz", {{"Host", "evil.example"}}).status == 403);
  CHECK(http_get(port, "/healthz", {{"Host", "127.0.0.1.evil.example"}}).status == 403);
  const auto dismiss = [&](const std::string& origin) {
    return http_post(port, "/mismatch/1/dismiss", "", {{"Origin", origin}}).status;
  };
  CHECK(dismiss(own) == 404);
  CHECK(dismiss("https://ops.example") == 404);
  CHECK(dismiss("https://evil.example") == 403);
  CHECK(dismiss("null") == 403);
  CHECK_FALSE(http_get(port, "/healthz", {{"Origin", "https://evil.example"}})
                  .headers.contains("access-control-allow-origin"));
  CHECK(http_get(port, "/healthz", {{"Origin", "https://ops.example"}})
            .headers.at("access-control-allow-origin") == "https://ops.example");
  const HttpReply preflight = http(port, {.method = "OPTIONS",
                                          .target = "/mismatch/1/dismiss",
                                          .headers = {{"Origin", "https://ops.example"},
                                                      {"Access-Control-Request-Method", "POST"}}});
  CHECK(preflight.status == 204);
  CHECK(contains(preflight.headers.at("access-control-allow-methods"), "POST"));
  CHECK(contains(preflight.headers.at("access-control-allow-headers"), "Authorization"));
}

TEST_CASE("a request that arrives too slowly is cut off") {
  const ApiWorld world;
  HttpConnection head{world.port};
  HttpConnection body{world.port};
  body.send("POST /report/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  head.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  bool head_open = true;
  bool body_open = true;
  const auto began = std::chrono::steady_clock::now();
  CHECK(eventually(std::chrono::seconds{30}, [&] {
    head_open = head_open && head.send("x") && !head.ends(std::chrono::milliseconds{100});
    body_open = body_open && body.send("x") && !body.ends(std::chrono::milliseconds{100});
    return !head_open && !body_open;
  }));
  CHECK(std::chrono::steady_clock::now() - began > std::chrono::seconds{5});
  CHECK(contains(body.received(), "HTTP/1.1 408 "));
  CHECK(http_get(world.port, "/healthz").status == 200);
}

TEST_CASE("the 65th connection is refused, until another one ends") {
  const ApiWorld world;
  std::deque<HttpConnection> connections;
  for (int i = 0; i < 64; ++i) {
    connections.emplace_back(world.port);
    connections.back().send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
  }
  HttpConnection last{world.port};
  CHECK(last.read_reply().status == 503);
  CHECK(last.ends());
  connections.front().send("Connection: close\r\n\r\n");
  CHECK(connections.front().read_reply().status == 200);
  CHECK(eventually([&] { return http_get(world.port, "/healthz").status == 200; }));
  connections.back().send("\r\n");
  CHECK(connections.back().read_reply().status == 200);
}

TEST_CASE("a daemon without its broker is alive and not ready") {
  ApiWorld world;
  CHECK(contains(http_get(world.port, "/readyz").body, "\"ready\":true"));
  world.forget();
  world.broker.stop();
  REQUIRE(eventually([&] { return http_get(world.port, "/readyz").status == 503; }));
  CHECK(contains(http_get(world.port, "/readyz").body, "\"state\":\"connecting\""));
  CHECK(http_get(world.port, "/healthz").status == 200);
  world.broker.start();
  CHECK(eventually([&] { return http_get(world.port, "/readyz").status == 200; }));
}

TEST_CASE("a device is asked for a report through the broker") {
  ApiWorld world;
  MqttProbe device{world.broker.url()};
  device.subscribe("/1/D 1/info/get");
  const HttpReply refused = http_post(world.port, "/device/1/D%201/ask", "");
  CHECK(refused.status == 404);
  CHECK(contains(refused.body, "device 1/D 1 has sent no report"));
  const HttpReply asked = http_post(world.port, "/device/1/D%201/ask", R"({"force":true})");
  CHECK(asked.status == 202);
  CHECK(asked.body ==
        R"({"code":202,"msg":"ok","data":{"topic":"/1/D 1/info/get","acknowledged":true}})");
  REQUIRE(device.wait_count(1));
  CHECK(device.messages()[0].payload.empty());
  CHECK(http_post(world.port, "/device/1/%2B/ask", "").status == 404);
  // The events go their way besides.
  world.report("D1", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/D1"));
  world.forget();
  world.broker.stop();
  CHECK(eventually([&] { return http_post(world.port, "/device/1/D1/ask", "").status == 503; }));
}

TEST_CASE("a route and the verb of the command line have the same effect") {
  ApiWorld world;
  const auto ctl_json = [&](std::vector<std::string> verb) {
    verb.insert(verb.begin(), "--json");
    std::string out = ctl(world.dir, world.daemon, verb).out;
    return out.substr(0, out.find('\n'));
  };
  const auto data = [](const HttpReply& reply) {
    const std::string begin = R"({"code":200,"msg":"ok","data":)";
    CHECK(reply.body.rfind(begin, 0) == 0);
    return reply.body.substr(begin.size(), reply.body.size() - begin.size() - 1);
  };
  world.report("D1", "no JSON");
  REQUIRE(world.wait_for("report/rejected/1/D1"));
  CHECK(data(http_get(world.port, "/rejected/1")) == ctl_json({"rejected", "show", "1"}));

  const std::string file = IOTCARD_SOURCE_DIR "/examples/reports/documented.json";
  const auto timeless = [](const std::string& json) {  // an event has the time of now
    return std::regex_replace(json, std::regex{R"re(\d{4}-\d\d-\d\dT[\d:.]+Z)re"}, "TIME");
  };
  const std::string explained =
      data(http(world.port, {.method = "POST",
                             .target = "/report/explain?topic=%2F1%2FD1%2Finfo%2Fpost",
                             .body = documented_payload}));
  CHECK(timeless(explained) == timeless(ctl_json({"explain", "--topic", "/1/D1/info/post", file})));
  CHECK(contains(http(world.port, {.method = "POST",
                                   .target = "/report/explain?topic=elsewhere",
                                   .body = documented_payload})
                     .body,
                 "\"reason\":\"bad-topic\""));

  // What one has done the other sees.
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  const std::string accepted = data(http_post(world.port, "/mismatch/1/accept", "{}"));
  CHECK(contains(accepted,
                 R"({"mismatch":1,"card_added":true,"bound":true,"binding":{"product":"1",)"));
  CHECK(contains(accepted, R"("created_by":"api")"));
  CHECK(world.wait_for("mismatch/cleared/1/D1"));
  CHECK(http_post(world.port, "/mismatch/1/accept", "{}").status == 409);
  world.report("D2", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/D2"));
  CHECK(contains(data(http_post(world.port, "/mismatch/2/dismiss", "")), R"("state":"dismissed")"));
  CHECK(http_post(world.port, "/mismatch/2/dismiss", "").status == 409);
  const std::string card = std::string{"/card/"} + documented_iccid;
  CHECK(http_post(world.port, card + "/bind", R"({"product":"1","device":"D2"})").status == 409);
  CHECK(http_post(world.port, card + "/bind", R"({"product":"1","device":"D2","force":true})")
            .status == 200);
  CHECK(http_post(world.port, card + "/bind", R"({"product":"1","device":"a/b"})").status == 400);
  CHECK(http_post(world.port, "/card/898604/unbind", "").status == 400);
  const std::string added = R"({"iccid":"89860002122334455667")";
  CHECK(contains(http_post(world.port, "/card", added + R"(,"foo":1})").body,
                 R"(a card has no field \"foo\"; it has imsi)"));
  CHECK(http_post(world.port, "/card", added + "}").status == 201);
  CHECK(contains(http_post(world.port, "/card", added + "}").body,
                 "is in the store already; change it instead"));
  CHECK(http_get(world.port, "/card/list?orderByColumn=usage&isAsc=desc").body ==
        http_get(world.port, "/card/list?orderByColumn=usedShare&isAsc=desc").body);
  CHECK(http_post(world.port, card + "/unbind", "").status == 200);
}

TEST_CASE("an address in use ends the daemon with a line that says what to do") {
  ApiWorld world;
  Daemon second{world.dir,
                world.broker.url(),
                {.client_id = "second", .toml = {{"", "[alerts]\n"}}, .start = false}};
  write_file(
      second.config_path(),
      "[broker]\nurl = \"" + world.broker.url() +
          "\"\nclient_id = \"second\"\n[store]\nurl = \"sqlite:" + world.dir.file("second.db") +
          "\"\n[intake]\ndir = \"" + world.dir.file("second-intake") +
          "\"\n[api]\nlisten = \"127.0.0.1:" + std::to_string(world.port) + "\"\n");
  second.start();
  CHECK(second.process().wait() == 1);
  CHECK(contains(second.log(), "cannot listen on 127.0.0.1:" + std::to_string(world.port) +
                                   ": Address already in use; "));
  CHECK_FALSE(contains(second.log(), "connected to"));
}
