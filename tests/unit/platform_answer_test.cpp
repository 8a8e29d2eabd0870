// SPDX-License-Identifier: Apache-2.0
// How answers are classified, and what follows: not found, faults, batches, actions.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "platform_example.h"

using namespace iotcard;
using namespace iotcard::platform_example;

TEST_CASE("an answer that is not ok and has no message names the value that is wrong") {
  PlatformBench bench{with_login + one_step, settings};
  SECTION("nothing is there") {
    bench.answer("{\"status\":\"well\",\"access_token\":\"TOKEN-1\"}");
    const auto answers = bench.ask();
    CHECK(answers.failure->fault == ServiceFault::log_in);
    CHECK(answers.failure->text == "login: HTTP 200, but not ok by the profile: nothing at /code");
  }
  SECTION("another value is there") {
    bench.answer(token);
    bench.answer("{\"code\":7}");
    CHECK(bench.ask().cards.at(0).failure ==
          "status: HTTP 200, but not ok by the profile: \"7\" at /code");
  }
  SECTION("a secret is there") {
    bench.answer("{\"code\":\"hunter2/+x\"}");
    CHECK(bench.ask().failure->text.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("each answer is classified") {
  struct Case {
    int status;
    std::string body;
    Kind kind;
    std::optional<ServiceFault> fault;  // of the platform
  };
  const auto found = Kind::found;
  const auto failed = Kind::failed;
  const auto one = GENERATE_COPY(
      Case{200, good, found, {}}, Case{200, "\xEF\xBB\xBF" + good, found, {}},
      Case{404, "{\"code\":10404}", Kind::not_found, {}},
      Case{404, "", failed, {}},  // a gateway's 404 makes no card not_found
      Case{404, "{\"message\":\"none\"}", failed, {}},
      Case{404, "<html>proxy</html>", failed, {}},  // a proxy's page makes no card not_found
      Case{200, "{\"code\":0,\"data\":null}", Kind::not_found, {}},
      Case{200, "{\"code\":0,\"data\":[]}", Kind::not_found, {}},
      // nothing there says not found only where all is well otherwise
      Case{200, "{\"code\":7,\"data\":null}", failed, {}},
      Case{200, "{\"code\":10001,\"data\":null}", failed, ServiceFault::log_in},
      Case{500, "{\"code\":0,\"data\":null}", failed, ServiceFault::unavailable},
      Case{429, "<html>", failed, ServiceFault::rate_limited},
      Case{403, "<html>", failed, ServiceFault::log_in}, Case{302, "", failed, {}},
      Case{200, "", failed, {}},
      Case{200, "{\"code\":0,\"data\":{\"iccid\":\"8986061805000854", failed, {}},
      Case{200, std::string(100'000, '['), failed, {}},
      Case{200, "{\"code\":0,\"data\":{\"plan\":\"p\"}}", failed, {}},  // whose?
      Case{200, "{\"code\":0,\"data\":{\"iccid\":\"89860618050008541484\"}}", Kind::not_found, {}},
      Case{200, "{\"code\":0,\"data\":{\"iccid\":\"898606180500085414\"}}", Kind::not_found, {}},
      Case{200, "{\"code\":0,\"data\":{\"iccid\":8986061805000854147}}", found, {}});
  PlatformBench bench{with_login + one_step, settings};
  bench.answer(token);
  bench.answer(one.body, one.status);
  CAPTURE(one.status, one.body.substr(0, 60));
  const auto answers = bench.ask();
  CHECK(answers.failure.has_value() == one.fault.has_value());
  if (answers.failure && one.fault) CHECK(answers.failure->fault == *one.fault);
  if (!one.fault) {
    REQUIRE(answers.cards.size() == 1);
    CHECK(answers.cards[0].kind == one.kind);
    CHECK(answers.cards[0].failure.empty() == (one.kind != failed));
  }
}

TEST_CASE("of a list of similar ICCIDs, the item of the card itself is read") {
  PlatformBench bench{head + one_step, {}};
  bench.answer(R"({"data":[{"iccid":"x"},{"iccid":"89860618050008541484","plan":"other"},
    {"iccid":"8986061805000854147","plan":"strong"},{"iccid":"89860618050008541476","plan":"own"}]})");
  const auto answers = bench.ask();
  CHECK(PlatformBench::field(answers, "plan") == "own");
  CHECK(answers.cards.at(0).iccid->text() == "89860618050008541476");
}

TEST_CASE("Retry-After is seconds or a date, and at most a day") {
  struct Case {
    int status;
    std::string header;
    std::optional<int> seconds;
  };
  const auto one = GENERATE(
      Case{429, "120", 120}, Case{503, "0", 0}, Case{503, "Wed, 01 Jan 2025 00:01:00 GMT", 60},
      Case{429, "Tue, 31 Dec 2024 00:01:00 GMT", 0}, Case{429, "99999999999999999999999", 86'400},
      Case{429, "-5", 0}, Case{429, "soon", {}}, Case{500, "5", {}});
  PlatformBench bench{head + one_step, {}};
  bench.answer("{}", one.status, {{"retry-after", one.header}});
  const auto answers = bench.ask();
  CAPTURE(one.header);
  REQUIRE(answers.failure);
  REQUIRE(answers.failure->retry_after.has_value() == one.seconds.has_value());
  if (one.seconds) CHECK(answers.failure->retry_after->count() == *one.seconds);
}

TEST_CASE("a missing answer is a fault of the platform, and earlier answers are kept") {
  struct Case {
    HttpError::Kind kind;
    ServiceFault fault;
  };
  const auto one = GENERATE(Case{HttpError::Kind::timeout, ServiceFault::timeout},
                            Case{HttpError::Kind::interrupted, ServiceFault::interrupted},
                            Case{HttpError::Kind::tls, ServiceFault::unreachable},
                            Case{HttpError::Kind::unreachable, ServiceFault::unreachable});
  PlatformBench bench{head + one_step, {}};
  bench.answer(good.substr(0));
  bench.http.answers.emplace_back(one.kind);
  const auto answers = bench.ask({"89860618050008541476", "89860618050008541484"});
  CHECK(answers.cards.size() == 1);
  CHECK(answers.failure->fault == one.fault);
  CHECK(bench.traces.at(1).status == 0);
}

TEST_CASE("a client that is not admitted sends nothing") {
  PlatformBench bench{with_login + one_step, settings};
  bench.admit = false;
  CHECK(bench.ask().failure->fault == ServiceFault::interrupted);
  CHECK(bench.http.requests.empty());
  CHECK(bench.traces.empty());
}

TEST_CASE("a failed step fails the card unless it is optional") {
  const auto profile = [](const char* optional) {
    return head + one_step +
           "[[card]]\nname = \"usage\"\nmethod = \"GET\"\npath = \"/u\"\noptional = " + optional +
           "\nnot_found = [{ http = [404], at = \"/code\", is = [\"none\"] }]\n"
           "fields = { used_bytes = \"/used\" }\n";
  };
  const auto one = GENERATE(std::pair{404, "{\"code\":\"none\"}"}, std::pair{400, "{}"},
                            std::pair{200, "<html>"});
  PlatformBench optional{profile("true"), {}};
  optional.answer(good);
  optional.answer(one.second, one.first);
  const auto answers = optional.ask();
  CHECK(answers.cards.at(0).kind == Kind::found);
  CHECK(PlatformBench::field(answers, "plan") == "p");
  PlatformBench strict{profile("false"), {}};
  strict.answer(good);
  strict.answer(one.second, one.first);
  CHECK(strict.ask().cards.at(0).kind == (one.first == 404 ? Kind::not_found : Kind::failed));
}

TEST_CASE("a batch gives each card its own item, whatever else the answer has") {
  PlatformBench bench{head + R"(
[limits]
batch = 10
joiner = "_"
[[batch]]
name = "many"
method = "POST"
path = "/batch"
form = { iccids = "{iccids}" }
item = "/data"
fields = { iccid = "/iccid", plan = "/plan" }
)",
                      {}};
  CHECK(bench.client.max_batch() == 10);
  const auto by_card = [](const PlatformClient::Answers& answers) {
    std::string kinds;
    for (const CardAnswer& card : answers.cards) {
      kinds += card.kind == Kind::found ? 'f' : card.kind == Kind::not_found ? 'n' : '!';
    }
    return kinds;
  };
  SECTION("duplicates, strangers and strangeness") {
    bench.answer(R"({"data":[{"iccid":"89860618050008541484","plan":"2"},
      {"iccid":"89860618050008541484","plan":"twice"},{"iccid":"8986061805000854999","plan":"who"}]})");
    const auto answers = bench.ask({"89860618050008541476", "89860618050008541484"});
    CHECK(by_card(answers) == "nf");
    CHECK(answers.cards.at(1).fields.at(0).value == "2");
    CHECK(bench.http.requests.at(0).body == "iccids=89860618050008541476_89860618050008541484");
  }
  SECTION("items without an ICCID may be anybody's") {
    bench.answer(R"({"data":[7,null,{"iccid":{}},{"iccid":"89860618050008541484"}]})");
    CHECK(by_card(bench.ask({"89860618050008541476", "89860618050008541484"})) == "!f");
  }
  SECTION("a platform's failure is of all") {
    bench.answer("{}", 500);
    const auto answers = bench.ask({"89860618050008541476"});
    CHECK(answers.cards.empty());
    CHECK(answers.failure->fault == ServiceFault::unavailable);
  }
  SECTION("one bad card does not fail the others") {
    bench.http.handler = [](const HttpRequest& request) -> ScriptedHttp::Answer {
      if (request.body.find("8986061805000854001") != std::string::npos)
        return HttpResponse{400, {}, "{}"};
      std::string data;
      for (const char* iccid :
           {"8986061805000854002", "8986061805000854003", "8986061805000854004"}) {
        if (request.body.find(iccid) == std::string::npos) continue;
        data += (data.empty() ? "" : ",") + ("{\"iccid\":\"" + std::string{iccid}) + "\"}";
      }
      return HttpResponse{200, {}, "{\"data\":[" + data + "]}"};
    };
    CHECK(by_card(bench.ask({"8986061805000854001", "8986061805000854002", "8986061805000854003",
                             "8986061805000854004"})) == "!fff");
    CHECK(bench.http.requests.size() == 5);
  }
  SECTION("where all is refused it is not asked to death") {
    bench.http.handler = [](const HttpRequest&) { return HttpResponse{400, {}, "{}"}; };
    CHECK(by_card(bench.ask({"8986061805000854001", "8986061805000854002", "8986061805000854003",
                             "8986061805000854004"})) == "!!!!");
    CHECK(bench.http.requests.size() == 3);
  }
}

TEST_CASE("an action runs its steps and returns the failure of the platform") {
  PlatformBench bench{head + R"(
[answer]
not_found = [{ http = [404], at = "/code", is = ["none"] }]
message = ["/message"]
[[suspend]]
name = "find"
method = "GET"
path = "/sims"
save = { id = "/id" }
not_found = [{ at = "/id", absent = true }]
[[suspend]]
name = "suspend"
method = "PATCH"
path = "/sims/{id}"
json = { status = { id = 2 } }
)" + one_step,
                      {}};
  const Iccid card = *Iccid::from_canonical(PlatformBench::card);
  CHECK(bench.client.can(CardAction::suspend));
  CHECK_FALSE(bench.client.can(CardAction::resume));
  CHECK(bench.client.act(card, CardAction::resume)->fault == ServiceFault::refused);
  SECTION("done") {
    bench.answer("{\"id\":7}");
    bench.answer("", 204);
    CHECK_FALSE(bench.client.act(card, CardAction::suspend));
    CHECK(bench.http.requests.back().once);
    CHECK(bench.http.requests.at(1).method == "PATCH");
    CHECK(bench.http.requests.at(1).url == "https://api.example/sims/7");
    CHECK(bench.http.requests.at(1).body == "{\"status\":{\"id\":2}}");
  }
  SECTION("no such card") {
    bench.answer("{}");
    CHECK(bench.client.act(card, CardAction::suspend)->fault == ServiceFault::refused);
  }
  SECTION("refused") {
    bench.answer("{\"id\":7}");
    bench.answer("{\"message\":\"expired\"}", 404);
    const auto failure = bench.client.act(card, CardAction::suspend);
    CHECK(failure->fault == ServiceFault::refused);
    CHECK(failure->text == "suspend: HTTP 404: expired");
  }
}

TEST_CASE("a card that may be among items without an ICCID is not reported as not found") {
  PlatformBench bench{with_login + one_step, settings};
  bench.answer(token);
  bench.answer(R"({"code":0,"data":[{"iccid":"89860618050008541484"},{"plan":"p"}]})");
  CHECK(bench.ask().cards.at(0).kind == Kind::failed);
  bench.answer(R"({"code":0,"data":[{"iccid":"89860618050008541484"}]})");
  CHECK(bench.ask().cards.at(0).kind == Kind::not_found);
  std::string many;
  for (int i = 0; i < 10'001; ++i) {
    many += std::string{i == 0 ? "" : ","} + R"({"iccid":"89860618050008541484"})";
  }
  bench.answer(R"({"code":0,"data":[)" + many + "]}");
  CHECK(bench.ask().cards.at(0).kind == Kind::failed);
}

TEST_CASE("a gateway's 404, empty or JSON, does not make a card not found") {
  std::stringstream profile;
  profile << std::ifstream{IOTCARD_SOURCE_DIR "/examples/platforms/jasper.toml"}.rdbuf();
  PlatformBench bench{profile.str(), {{"username", "user"}, {"api_key", "key-key"}}};
  for (const char* body : {"", R"({"message":"no Route matched with those values"})"}) {
    bench.answer(body, 404);
    CHECK(bench.ask().cards.at(0).kind == Kind::failed);
  }
  bench.answer(R"({"errorMessage":"Resource not found","errorCode":"20000001"})", 404);
  CHECK(bench.ask().cards.at(0).kind == Kind::not_found);
}
