// SPDX-License-Identifier: Apache-2.0
// No secret leaves the client, whatever the server echoes.
#include <catch2/catch.hpp>

#include "base/base64.h"
#include "base/digest.h"
#include "base/redactor.h"
#include "platform_bench.h"

using namespace iotcard;

namespace {

const std::string profile = R"(name = "X"
documentation = "https://x"
[settings.user]
about = "u"
[settings.password]
about = "p"
secret = true
[vars]
basic = "{user}:{password}"
[login]
method = "POST"
path = "/token"
headers = { Authorization = "Basic {basic|base64}" }
form = { password = "{password}" }
save = { token = "/token" }
[request]
headers = { Authorization = "Bearer {login.token}" }
query = { key = "{password}", sign = "{basic|sha256|hex}" }
[request.signed]
headers = { Sign = "{sorted_query|md5|hex}" }
[answer]
message = ["/message"]
[maps.status]
"a" = "active"
[[card]]
name = "find"
method = "GET"
path = "/find"
save = { ref = "/ref" }
[[card]]
name = "status"
method = "POST"
path = "/sims/{ref}"
json = { token = "{login.token}", ref = "{ref}" }
fields = { status = "/status", plan = "/plan", expires_at = "/date", used_bytes = "/used" }
)";
const std::string password = "hunter2/+ü\"x";
const std::string token = "TOKEN-42/abc";
const std::map<std::string, std::string> settings = {{"user", "me"}, {"password", password}};

std::vector<std::string> spellings() {
  std::vector<std::string> all;
  for (const std::string& secret : {password, token}) {
    all.insert(all.end(), {secret, percent_encoded(secret), base64(secret)});
  }
  all.push_back(base64("me:" + password));
  all.push_back(to_hex(digest(Digest::sha256, "me:" + password)));
  return all;
}

std::string in_json(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '"' ? "\\\"" : std::string(1, c);
  return escaped;
}

void check_clean(const std::string& text) {
  CAPTURE(text);
  for (const std::string& secret : spellings()) {
    CAPTURE(secret);
    CHECK(text.find(secret) == std::string::npos);
  }
}

}  // namespace

TEST_CASE("no secret is in a trace, a failure, a note or a field, whatever the server echoes") {
  for (const std::string& secret : spellings()) {
    PlatformBench bench{profile, settings};
    const std::string echo = in_json(secret);
    bench.answer("{\"token\":\"" + in_json(token) + "\"}");
    bench.answer("{\"ref\":\"" + echo + "\"}");
    bench.answer("{\"status\":\"" + echo + "\",\"plan\":\"it is " + echo + "!\",\"date\":\"" +
                 echo + "\",\"used\":\"" + echo + "\"}");
    const auto answers = bench.ask();
    REQUIRE(answers.cards.size() == 1);
    for (const FieldChange& field : answers.cards[0].fields) check_clean(field.value);
    check_clean(bench.seen());
    CHECK(bench.http.requests.size() == 3);
  }
}

TEST_CASE("no secret is in the text of a failure, nor of a failed log-in") {
  for (const std::string& secret : spellings()) {
    PlatformBench bench{profile, settings};
    const std::string message = "{\"message\":\"" + std::string(190, 'x') + in_json(secret) + "\"}";
    bench.answer(message, 400);
    auto answers = bench.ask();
    REQUIRE(answers.failure);
    check_clean(answers.failure->text);
    CHECK(answers.failure->text.size() < 300);
    bench.answer("{\"token\":\"" + in_json(token) + "\"}");
    bench.answer(message, 400);
    answers = bench.ask();
    REQUIRE(answers.cards.size() == 1);
    check_clean(answers.cards[0].failure);
    bench.answer(secret, 200);
    bench.answer("<p>" + secret, 404);
    check_clean(bench.ask().cards.at(0).failure);
    check_clean(bench.seen());
  }
}

TEST_CASE("a traced request differs from the sent one only in its secrets") {
  PlatformBench bench{profile, settings};
  bench.answer("{\"token\":\"" + in_json(token) + "\"}");
  bench.answer("{\"ref\":\"r1\"}");
  bench.answer("{}");
  bench.ask();
  REQUIRE(bench.traces.size() == 3);
  CHECK(bench.traces[0].body == "password=…");
  CHECK(bench.traces[0].headers.at(0).second == "Basic …");
  CHECK(bench.traces[2].url == "https://api.example/sims/r1?key=…&sign=…");
  CHECK(bench.traces[2].headers.at(0).second == "Bearer …");
  CHECK(bench.traces[2].headers.at(1).second == "…");
  CHECK(bench.traces[2].body == "{\"token\":\"…\",\"ref\":\"r1\"}");
}

TEST_CASE("a secret inside a longer base64 text is found") {
  Redactor redactor;
  redactor.add("s3cret-value");
  for (const char* before : {"", "a", "ab", "abc"}) {
    const std::string encoded = base64(before + std::string{"s3cret-value"} + "zz");
    CAPTURE(encoded);
    CHECK(redactor.clean(encoded) != encoded);
  }
  CHECK(redactor.clean("nothing here") == "nothing here");
}

TEST_CASE("a secret of few characters is hidden in requests, and not looked for elsewhere") {
  PlatformBench bench{profile, {{"user", "me"}, {"password", "p1"}}};
  bench.answer("{\"message\":\"p1 is wrong\"}", 400);
  const auto answers = bench.ask();
  REQUIRE(answers.failure);
  CHECK(answers.failure->text == "login: HTTP 400: p1 is wrong");
  CHECK(bench.traces.at(0).body == "password=…");
  CHECK(bench.traces.at(0).headers.at(0).second == "Basic …");
}
