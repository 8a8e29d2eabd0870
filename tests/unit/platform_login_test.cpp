// SPDX-License-Identifier: Apache-2.0
// The log-in of a platform: once for all requests, again when its token ends, and its failures.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "platform_example.h"

using namespace iotcard;
using namespace iotcard::platform_example;

TEST_CASE("one log-in serves all requests until its time to live ends") {
  PlatformBench bench{with_login + one_step, settings};
  bench.answer(token);
  for (int i = 0; i < 2; ++i) bench.answer(good);
  CHECK(bench.ask().cards.at(0).kind == Kind::found);
  CHECK(bench.ask().cards.at(0).kind == Kind::found);
  CHECK(bench.http.requests.size() == 3);
  CHECK(bench.admitted == 3);
  bench.now += std::chrono::minutes{59};  // renewed a minute early
  bench.answer(token);
  bench.answer(good);
  bench.ask();
  CHECK(bench.http.requests.size() == 5);
  CHECK(bench.http.requests.at(3).url == "https://api.example/token");
}

TEST_CASE("a request that wants a new log-in gets one, and never a second one") {
  PlatformBench bench{with_login + one_step, settings};
  bench.answer(token);
  bench.answer("{\"status\":\"12021\"}");
  bench.answer("{\"code\":0,\"access_token\":\"TOKEN-2\"}");
  SECTION("then it answers") {
    bench.answer(good);
    CHECK(bench.ask().cards.at(0).kind == Kind::found);
    CHECK(bench.http.requests.at(3).headers.at(0).second == "Bearer TOKEN-2");
    for (const HttpExchange& trace : bench.traces) CHECK_FALSE(trace.failure);
  }
  SECTION("then it says so again") {
    bench.answer("{}", 401);
    const auto answers = bench.ask();
    CHECK(answers.failure->fault == ServiceFault::log_in);
    CHECK(answers.cards.empty());
    CHECK(bench.http.requests.size() == 4);
  }
}

TEST_CASE("all clients of an account use one log-in, also if they begin at the same time") {
  Account account{parse_profile(with_login + one_step, "p.toml"),
                  {"https://api.example", settings}};
  std::atomic<int> logins = 0;
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ScriptedHttp http;
      http.handler = [&](const HttpRequest& request) -> ScriptedHttp::Answer {
        const bool login = request.url.ends_with("/token");
        if (login) ++logins;
        return HttpResponse{200, {}, login ? token : good};
      };
      PlatformClient client{account,
                            {.http = http,
                             .now = [] { return Instant{std::chrono::hours{1}}; },
                             .random = [] { return 0U; },
                             .admit = [] { return true; },
                             .trace = {},
                             .unknown_value = {}}};
      const std::vector<Iccid> cards{*Iccid::from_canonical(PlatformBench::card)};
      const auto answers = client.ask(cards);
      if (!answers.failure && answers.cards.at(0).kind == Kind::found) ++found;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(logins == 1);
  CHECK(found == 8);
}

TEST_CASE("a log-in that is refused, unreadable or without its token fails the platform") {
  struct Case {
    int status;
    std::string body;
    ServiceFault fault;
  };
  const auto one = GENERATE(
      Case{400, "{\"message\":\"no\"}", ServiceFault::log_in}, Case{401, "", ServiceFault::log_in},
      Case{200, "{\"code\":10001}", ServiceFault::log_in},
      Case{200, "{\"code\":0}", ServiceFault::unreadable},
      Case{200, "<html>", ServiceFault::unreadable}, Case{503, "<html>", ServiceFault::unavailable},
      Case{429, "", ServiceFault::rate_limited});
  PlatformBench bench{with_login + one_step, settings};
  bench.answer(one.body, one.status);
  CAPTURE(one.status, one.body);
  const auto answers = bench.ask();
  REQUIRE(answers.failure);
  CHECK(answers.failure->fault == one.fault);
  CHECK(bench.http.requests.size() == 1);
  CHECK(bench.client.log_in().has_value());
}
