// SPDX-License-Identifier: Apache-2.0
// From a request's head to its answer, without a network: how a failure becomes an envelope.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "api/dispatcher.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

// A host whose store fails in the way that it is told to.
struct Host {
  Response get(const std::string& target) {
    const RequestHead head{"GET", target, {{"host", "localhost"}}};
    return dispatcher.answer(dispatcher.admit(head));
  }

  ApiHost make() {
    ApiHost made;
    made.open_store = [this]() -> std::unique_ptr<Store> {
      ++opened;
      fail();
      auto store = open_store("sqlite::memory:");
      prepare(*store);
      return store;
    };
    made.open_store_to_read = made.open_store;
    made.context = [](const std::string& by) {
      Context context;
      context.by = by;
      return context;
    };
    made.health = [this] { return health; };
    made.log = [this](LogLevel, const std::string& line) { log.push_back(line); };
    return made;
  }

  ApiHealth health;
  std::function<void()> fail = [] {};
  std::function<void(Store&)> prepare = [](Store&) {};
  std::vector<std::string> log;
  int opened = 0;
  const ApiHost host = make();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

std::string retry_after(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "Retry-After") return value;
  }
  return "";
}

}  // namespace

TEST_CASE("a store that fails is answered with 503, and its path stays in the log") {
  Host host;
  host.fail = [] { throw StoreError{StoreError::Kind::unavailable, "/secret/cards.db: locked"}; };
  const Response response = host.get("/rejected/1");
  CHECK(response.status == 503);
  CHECK_FALSE(retry_after(response).empty());
  CHECK(response.body.find("secret") == std::string::npos);
  REQUIRE(host.log.size() == 1);
  CHECK(host.log[0] == "GET /rejected/{id}: /secret/cards.db: locked");
  // And is opened anew, as often as it takes; no place is lost by it.
  for (int i = 0; i < 10; ++i) host.get("/rejected/1");
  CHECK(host.opened == 11);
  CHECK(host.log.size() == 1);  // one problem, one line
  host.fail = [] {};
  CHECK(host.get("/rejected/1").status == 404);
  CHECK(host.get("/rejected/1").status == 404);
  CHECK(host.opened == 12);
}

TEST_CASE("an error has a key for programs, with what it is about") {
  Host host;
  const auto error = [&](const std::string& target) {
    const std::string body = host.get(target).body;
    return body.substr(body.find(R"("error":)") + 8);
  };
  CHECK(error("/card/898604293620c0000970") ==
        R"({"key":"card_not_found","params":{"iccid":"898604293620C0000970"}}})");
  CHECK(error("/card/12%1b34") == R"({"key":"invalid_iccid","params":{"iccid":"12\\x1b34"}}})");
  CHECK(error("/mismatch/7") == R"({"key":"mismatch_not_found","params":{"id":7}}})");
  CHECK(error("/card/list?colour=red") ==
        R"({"key":"unknown_parameter","params":{"name":"colour"}}})");
  CHECK(error("/card/list?pageSize=0") ==
        R"({"key":"invalid_parameter","params":{"name":"pageSize"}}})");
  CHECK(error("/device/1/D1") == R"({"key":"device_not_found","params":{"device":"1/D1"}}})");
  Host other;
  other.fail = [] { throw StoreError{StoreError::Kind::unavailable, "/secret/cards.db: locked"}; };
  const std::string body = other.get("/rejected/1").body;
  CHECK(body.ends_with(R"("error":{"key":"store_unavailable","params":{}}})"));
}

TEST_CASE("a refusal before a route is known has a key, too") {
  Host host;
  const auto key = [&](const RequestHead& head) {
    try {
      host.dispatcher.admit(head);
    } catch (const ApiError& error) {
      return error_key_names[error.cause().key];
    }
    return std::string_view{};
  };
  CHECK(key({"GET", "/cards", {{"host", "localhost"}}}) == "not_found");
  CHECK(key({"PUT", "/card/list", {{"host", "localhost"}}}) == "method_not_allowed");
  CHECK(key({"GET", "/card/list", {{"host", "evil.example"}}}) == "host_refused");
  CHECK(key({"POST", "/card", {{"host", "localhost"}, {"origin", "http://evil.example"}}}) ==
        "origin_refused");
  host.dispatcher.set_access({Tokens::parse("a read 0123456789abcdef", "tokens"), {}});
  CHECK(key({"GET", "/card/list", {}}) == "unauthorized");
  CHECK(key({"POST", "/card", {{"authorization", "Bearer 0123456789abcdef"}}}) ==
        "read_only_token");
}

TEST_CASE("a card that is named twice is removed once") {
  Host host;
  host.prepare = [](Store& store) {
    for (const char* iccid : {"898604293620C0000970", "89860617060065258667"}) {
      store.add_card(Card{*Iccid::from_canonical(iccid)}, {});
    }
  };
  const auto remove = [&](const std::string& target) {
    const RequestHead head{"DELETE", target, {{"host", "localhost"}}};
    return host.dispatcher.answer(host.dispatcher.admit(head)).body;
  };
  const std::string body =
      remove("/card/898604293620C0000970,898604293620c0000970,89860617060065258667");
  CAPTURE(body);
  CHECK(body.find(R"("code":200)") != std::string::npos);
  CHECK(body.find("0970") == body.rfind("0970"));
  CHECK(body.find("89860617060065258667") != std::string::npos);
}

TEST_CASE("an unexpected failure is answered with 500, and its reason is in the log only") {
  Host host;
  host.fail = [] { throw std::runtime_error{"/secret: a bug"}; };
  const Response response = host.get("/rejected/1");
  CHECK(response.status == 500);
  CHECK(response.body.find("secret") == std::string::npos);
  CHECK(host.log.size() == 1);
}

TEST_CASE("a caller without a token is not told names of files") {
  Host host;
  host.health = {false, "degraded", "reports wait", "/secret/cards.db: disk full"};
  CHECK(host.get("/readyz").status == 503);
  CHECK(host.get("/readyz").body.find("/secret") != std::string::npos);  // none is needed
  host.dispatcher.set_access({Tokens::parse("a read 0123456789abcdef", "tokens"), {}});
  const Response anonymous = host.get("/readyz");
  CHECK(anonymous.body == R"({"code":503,"msg":"not ready: reports wait","data":)"
                          R"({"ready":false,"state":"degraded","reason":"reports wait"}})");
}

TEST_CASE("the body of one import is accepted at a time") {
  Host host;
  const std::vector<Route>& routes = all_routes();
  const auto import = std::find_if(routes.begin(), routes.end(),
                                   [](const Route& route) { return route.body == BodyKind::csv; });
  REQUIRE(import != routes.end());
  const RequestHead head{
      "POST",
      std::string{import->pattern},
      {{"host", "localhost"}, {"content-type", "text/csv"}, {"content-length", "2000000"}}};
  {
    const Admitted first = host.dispatcher.admit(head);
    CHECK(first.has_body);
    CHECK_THROWS_AS(host.dispatcher.admit(head), ApiError);
  }
  CHECK_NOTHROW(host.dispatcher.admit(head));
}

TEST_CASE("a stream ends once its caller's token is gone") {
  Host host;
  host.dispatcher.set_access({Tokens::parse("a read 0123456789abcdef", "tokens"), {}});
  const RequestHead head{"GET",
                         "/card/export",
                         {{"host", "localhost"}, {"authorization", "Bearer 0123456789abcdef"}}};
  const auto follow = [&](const std::string& tokens) {
    const Response response = host.dispatcher.answer(host.dispatcher.admit(head));
    REQUIRE(response.stream);
    host.dispatcher.set_access({Tokens::parse(tokens, "tokens"), {}});
    std::string sent;
    response.stream([&](std::string_view bytes) {
      sent += bytes;
      return true;
    });
    return !sent.empty();
  };
  CHECK(follow("a read 0123456789abcdef\nb read 0123456789abcdeg"));
  CHECK_THROWS_WITH(follow("b read 0123456789abcdeg"), "its caller's right to it has ended");
}

TEST_CASE("an OPTIONS request with a body is refused") {
  Host host;
  const auto ask = [&](HeaderList headers) {
    RequestHead head{"OPTIONS", "/card", {{"host", "localhost"}}};
    for (auto& [name, value] : headers) head.headers.emplace(name, value);
    return host.dispatcher.admit(head).done.status;
  };
  CHECK(ask({}) == 204);
  CHECK(ask({{"content-length", "0"}}) == 204);
  CHECK_THROWS_AS(ask({{"content-length", "40"}}), ApiError);
  CHECK_THROWS_AS(ask({{"transfer-encoding", "chunked"}}), ApiError);
}

TEST_CASE("a filter that no card can match is refused before the store is read") {
  Host host;
  for (const char* query :
       {"text=ab%00cd", "text=a%0Ab", "text=ab", "expiringWithin=2911900d",
        "expiringWithin=9223372036854775807ms", "iccid=zz", "over=0", "platform=0"}) {
    CAPTURE(query);
    CHECK(host.get(std::string{"/card/list?"} + query).status == 400);
  }
  CHECK(host.get("/card/list?iccid=8986042936a&text=abc&expiringWithin=3000d&over=80").status ==
        200);
  CHECK(host.log.empty());
}

TEST_CASE("a request that waits for the store is answered when the daemon stops") {
  Host host;
  host.dispatcher.stop();
  CHECK(host.get("/rejected/1").status == 503);
  CHECK(host.opened == 0);
}
