// SPDX-License-Identifier: Apache-2.0
// The log-in of a platform: once for all requests, again when its token ends, and its failures.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "platform/platform_setup.h"
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

namespace {

// A token at a host of its own, then a session at the platform, as two carriers have it.
const std::string two_logins = head + R"(
[settings.key]
about = "k"
secret = true
[settings.password]
about = "p"
secret = true
[settings.auth_url]
about = "where tokens come from"
default = "https://auth.example/v1"
[[login]]
name = "token"
method = "POST"
base_url = "{auth_url}"
path = "/token"
form = { client_secret = "{key}" }
save = { token = "/access_token" }
ttl_at = "/expires_in"
[[login]]
name = "session"
method = "POST"
path = "/session"
headers = { Authorization = "Bearer {login.token}" }
json = { password = "{password}" }
save = { session = "/sessionToken" }
ttl = "20m"
[request]
headers = { Authorization = "Bearer {login.token}", Session = "{login.session}" }
[answer]
login_again = [{ http = [401] }]
ok = [{ at = "/code", is = ["0"] }]
message = ["/message"]
)" + one_step;
const std::map<std::string, std::string> two_secrets = {{"key", "key-hunter2"},
                                                        {"password", "word-hunter2"}};
const std::string access_answer = R"({"code":0,"access_token":"ACCESS-1/+","expires_in":3600})";
const std::string session_answer = R"({"code":0,"sessionToken":"SESSION-1"})";

bool has(const HttpRequest& request, const std::string& text) {
  if (request.body.find(text) != std::string::npos) return true;
  for (const auto& [name, value] : request.headers) {
    if (value.find(text) != std::string::npos) return true;
  }
  return request.url.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("steps of a log-in follow each other, each at its own host with its own credentials") {
  PlatformBench bench{two_logins, two_secrets};
  bench.answer(access_answer);
  bench.answer(session_answer);
  bench.answer(good);
  CHECK(bench.ask().cards.at(0).kind == Kind::found);
  const auto& requests = bench.http.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].url == "https://auth.example/v1/token");
  CHECK(has(requests[0], "key-hunter2"));
  CHECK_FALSE(has(requests[0], "word-hunter2"));
  CHECK(requests[1].url == "https://api.example/session");
  CHECK_FALSE(has(requests[1], "key-hunter2"));
  CHECK(has(requests[1], "word-hunter2"));
  CHECK(has(requests[1], "Bearer ACCESS-1/+"));
  CHECK(requests[2].url.starts_with("https://api.example/sims/"));
  CHECK(has(requests[2], "Bearer ACCESS-1/+"));
  CHECK(has(requests[2], "SESSION-1"));
  const std::string seen = bench.seen();
  CAPTURE(seen);
  for (const char* hidden : {"hunter2", "ACCESS-1", "SESSION-1"}) {
    CHECK(seen.find(hidden) == std::string::npos);
  }
}

TEST_CASE("a log-in of several steps ends with the first token that expires") {
  PlatformBench bench{two_logins, two_secrets};
  bench.answer(access_answer);
  bench.answer(session_answer);
  bench.answer(good);
  bench.ask();
  bench.now += std::chrono::minutes{18};
  bench.answer(good);
  CHECK(bench.ask().cards.at(0).kind == Kind::found);
  CHECK(bench.http.requests.size() == 4);
  bench.now += std::chrono::minutes{1};  // the session's twenty minutes, a minute early
  bench.answer(access_answer);
  bench.answer(session_answer);
  bench.answer(good);
  CHECK(bench.ask().cards.at(0).kind == Kind::found);
  CHECK(bench.http.requests.size() == 7);
}

TEST_CASE("a step of a log-in that fails is named, and what came before it stays hidden") {
  PlatformBench bench{two_logins, two_secrets};
  bench.answer(access_answer);
  bench.answer(R"({"message":"not with ACCESS-1/+"})", 400);
  const auto answers = bench.ask();
  REQUIRE(answers.failure);
  CHECK(answers.failure->fault == ServiceFault::log_in);
  CHECK(answers.failure->text == "session: HTTP 400: not with …");
  CHECK(bench.seen().find("ACCESS-1") == std::string::npos);
}

TEST_CASE("the host of a log-in is a literal https URL or a setting, never an answer") {
  const auto with_url = [](const std::string& url) {
    std::string profile = two_logins;
    const std::string written = "base_url = \"{auth_url}\"";
    return profile_mistakes(
        profile.replace(profile.find(written), written.size(), "base_url = " + url));
  };
  CHECK(with_url("\"https://auth.example\"") == "");
  for (const char* wrong :
       {"\"http://auth.example\"", "\"https://auth.example/\"", "\"https://{key}.example\"",
        "\"{login.token}\"", "\"{now|seconds}\"", "7"}) {
    CAPTURE(wrong);
    CHECK(with_url(wrong).find("login.base_url: expected") != std::string::npos);
  }
  const auto profile = parse_profile(two_logins, "p.toml");
  auto settings_with_url = two_secrets;
  settings_with_url["auth_url"] = "ftp://auth.example";
  const auto problems = access_problems(*profile, {"https://api.example", settings_with_url});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].starts_with("auth_url: expected https://HOST/PATH"));
}

TEST_CASE("steps of a log-in have names, and save under names of their own") {
  const auto without = [](const std::string& line, const std::string& instead) {
    std::string profile = two_logins;
    return profile_mistakes(profile.replace(profile.find(line), line.size(), instead));
  };
  CHECK(without("name = \"session\"", "").find("login.name: expected: the step's name") !=
        std::string::npos);
  CHECK(without("name = \"session\"", "name = \"token\"").find("no other [[login]] has") !=
        std::string::npos);
  CHECK(without("{ session = \"/sessionToken\" }", "{ token = \"/sessionToken\" }")
            .find("an earlier [[login]] saves") != std::string::npos);
  // The first step does not know what the second one saves.
  CHECK(without("client_secret = \"{key}\"", "client_secret = \"{login.session}\"")
            .find("not {login.session}") != std::string::npos);
}

TEST_CASE("a log-in at an unencrypted host must be allowed") {
  PlatformSettings settings;
  settings.profile = "kore-supersim";
  settings.where = "iotcardd.toml:7";
  settings.values = {
      {"client_id", "id"}, {"client_secret_file", "/nowhere"}, {"auth_url", "http://auth.example"}};
  const std::vector<std::string> folders = {IOTCARD_SOURCE_DIR "/examples/platforms"};
  CHECK(platform_mistakes(settings, folders)
            .starts_with("iotcardd.toml:7: platform.auth_url: expected https://"));
  settings.allow_insecure = true;
  CHECK(platform_mistakes(settings, folders) == "");
}
