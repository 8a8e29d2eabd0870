// SPDX-License-Identifier: Apache-2.0
// What is wrong with a profile is said with its line; what a platform's section must have.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "platform_bench.h"

using namespace iotcard;

namespace {

// Twelve lines, and a profile; what a case adds begins in line 13.
const std::string good = R"(name = "X"
documentation = "https://x"
settings.secret = { about = "s", secret = true }
settings.zone = { about = "z", default = "+08:00" }
maps.status = { a = "active" }
vars.stamp = "{now|time:yyyy@zone}"
[[card]]
name = "status"
method = "GET"
path = "/x"
fields = { status = "/status" }
save = { ref = "/ref" }
)";

}  // namespace

TEST_CASE("a correct profile has no mistakes, and its values are read") {
  CHECK(profile_mistakes(good) == "");
  const auto profile = parse_profile(good, "p.toml");
  CHECK(profile->name == "X");
  CHECK(join(profile->settings, " ", &Setting::name) == "secret zone");
  CHECK(profile->find_setting("secret")->secret);
  CHECK_FALSE(profile->find_setting("zone")->secret);
  CHECK(profile->max_batch() == 1);
  CHECK_FALSE(profile->can(CardAction::suspend));
  CHECK(profile->limits.interval == std::chrono::minutes{1});
}

TEST_CASE("each mistake of a profile is reported with its line and what is expected") {
  struct Case {
    std::string added, line_and_key, expected;
  };
  const std::string step = "[[card]]\nname = \"two\"\nmethod = \"GET\"\npath = \"/x\"\n";  // 13-16
  const auto one = GENERATE_COPY(
      Case{"[nonsense]", "13: nonsense", "unknown key"}, Case{"fields.colour = \"/c\"", "", ""},
      Case{step + "fields = { colour = \"/c\" }", "17: card.fields.colour", "unknown key"},
      Case{step + "fields = { platform = \"/c\" }", "17: card.fields.platform", "unknown key"},
      Case{step + "fields = { plan = \"c\" }", "17: card.fields.plan", "a pointer such as"},
      Case{step + "fields = { plan = \"/c~2\" }", "17: card.fields.plan", "a pointer such as"},
      Case{step + "fields = { plan = 7 }", "17: card.fields.plan", "a pointer"},
      Case{step + "fields = { plan = [\"/a\", 7] }", "17: card.fields.plan", "a pointer"},
      Case{step + "fields = { network = \"/n\" }", "17: card.fields.network", "[maps.network]"},
      Case{step + "fields = { status = { at = \"/n\", map = \"no\" } }",
           "17: card.fields.status.map", "[maps.no]"},
      Case{step + "fields = { used_bytes = { at = \"/n\", unit = \"parsec\" } }",
           "17: card.fields.used_bytes.unit", "KiB"},
      Case{step + "fields = { used_bytes = { at = \"/n\", unit = \"{now|seconds}\" } }",
           "17: card.fields.used_bytes.unit", "KiB"},
      Case{step + "fields = { used_bytes = { at = \"/n\", unit = \"{zone}\" } }",
           "4: settings.zone", "KiB"},
      Case{step + "fields = { used_bytes = { unit = \"B\" } }", "17: card.fields.used_bytes.at",
           "one of at, sum"},
      Case{step + "fields = { plan = { at = \"/a\", unit = \"B\" } }", "17: card.fields.plan.unit",
           "only for an amount"},
      Case{step + "fields = { plan = { at = \"/a\", zone = \"UTC\" } }",
           "17: card.fields.plan.zone", "only for a time"},
      Case{step + "fields = { expires_at = { at = \"/a\", zone = \"Asia/Shanghai\" } }",
           "17: card.fields.expires_at.zone", "+08:00"},
      Case{step + "fields = { usage_scope = { value = \"cars\" } }",
           "17: card.fields.usage_scope.value", "one of card pool"},
      Case{step, "14: card.name", "nothing is read"},
      Case{step + "save = { ref = \"/a\" }\nheaders = { X = \"{nothing}\" }", "18: card.headers.X",
           "a variable that is known here"},
      Case{step + "save = { own = \"/a\" }\nheaders = { X = \"{own}\" }", "18: card.headers.X",
           "not {own}"},
      Case{step + "save = { iccid = \"/a\" }", "17: card.save.iccid", "built in"},
      Case{step + "save = { r = \"/a\" }\nheaders = { X = \"{login.token}\" }",
           "18: card.headers.X", "not {login.token}"},
      Case{step + "save = { r = \"/a\" }\nheaders = { X = \"{body|md5|hex}\" }",
           "18: card.headers.X", "not {body}"},
      Case{step + "save = { r = \"/a\" }\nheaders = { \"X Y\" = \"a\" }", "18: card.headers.X Y",
           "the name of a header"},
      Case{step + "save = { r = \"/a\" }\njson = { a = 1 }", "18: card.json", "another method"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ http = [4] }]", "18: card.not_found.http",
           "100 to 599"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ at = \"/a\" }]", "18: card.not_found.at",
           "one of is, ends, absent and empty"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ http = [404] }]", "18: card.not_found",
           "any gateway"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ http = [404], at = \"/message\", "
                  "absent = false }]",
           "18: card.not_found", "any gateway"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ http = [404], at = \"/code\", ends = "
                  "[\"NotFound\"] }]",
           "", ""},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ at = \"/code\", ends = [] }]",
           "18: card.not_found.ends", "at least one"},
      Case{step + "fields = { imei = \"/imei\" }", "17: card.fields.imei", "network_imei"},
      Case{step + "fields = { network_imei = \"/imei\" }", "", ""},
      Case{step + "save = { r = \"/a\" }\nnot_found = [{ is = [\"a\"] }]", "18: card.not_found.at",
           "where to look"},
      Case{step + "save = { r = \"/a\" }\nnot_found = [7]", "18: card.not_found", "conditions"},
      Case{step + "save = { r = \"/a\" }\noptional = 1", "18: card.optional", "true or false"},
      Case{"[[card]]\nmethod = \"GET\"\npath = \"/x\"\nsave = { r = \"/a\" }", "13: card.name",
           "expected"},
      Case{"[[card]]\nname = \"status\"\nmethod = \"GET\"\npath = \"/x\"\nsave = { r = \"/a\" }",
           "14: card.name", "no other step"},
      Case{"[[card]]\nname = \"a\"\nmethod = \"get\"\npath = \"/x\"\nsave = { r = \"/a\" }",
           "15: card.method", "\"GET\""},
      Case{"[[card]]\nname = \"a\"\nmethod = \"GET\"\npath = \"x?y\"\nsave = { r = \"/a\" }",
           "16: card.path", "begins with /"},
      Case{"[[suspend]]\nname = \"a\"", "13: suspend.method", "expected"},
      Case{"[[suspend]]\nname = \"a\"", "13: suspend.path", "expected"},
      Case{"[[batch]]\nname = \"a\"\nmethod = \"GET\"\npath = \"/{iccid}\"\nfields.iccid = \"/i\"",
           "16: batch.path", "not {iccid}"},
      Case{"[[batch]]\nname = \"a\"\nmethod = \"GET\"\npath = \"/x\"", "13: batch.fields",
           "an iccid"},
      Case{"[maps.status2]\na = \"\"", "14: maps.status2.a", "not empty"},
      Case{"[maps.network]\na = \"closed\"", "14: maps.network.a", "allowed"},
      Case{"[maps.unit]\na = \"parsec\"", "14: maps.unit.a", "KiB"},
      Case{"[request]\nheaders = { A = \"{secret|rot13}\" }", "14: request.headers.A",
           "a function"},
      Case{"[request]\nheaders = { A = \"{secret|md5}\" }", "14: request.headers.A",
           "|hex or |base64"},
      Case{"[request]\nheaders = { A = \"{now}\" }", "14: request.headers.A", "{now|time:…}"},
      Case{"[request]\nheaders = { A = \"{now|time:YYYY}\" }", "14: request.headers.A", "yyyy"},
      Case{"[request]\nheaders = { A = \"{now|time:yyyy@nowhere}\" }", "14: request.headers.A",
           "a setting"},
      Case{"[request]\nheaders = { A = \"{now|time:yyyy@+99:00}\" }", "14: request.headers.A",
           "+08:00"},
      Case{"[request]\nheaders = { A = \"{now|time:yyyy@secret}\" }", "", ""},
      Case{"[request]\nheaders = { A = \"{random|digits:0}\" }", "14: request.headers.A",
           "1 to 64"},
      Case{"[request]\nheaders = { A = \"{random|digits:x}\" }", "14: request.headers.A",
           "1 to 64"},
      Case{"[request]\nheaders = { A = \"{secret|time:yyyy}\" }", "14: request.headers.A",
           "only after now"},
      Case{"[request]\nheaders = { A = \"{secret|hmac-sha256:no|hex}\" }", "14: request.headers.A",
           "a setting"},
      Case{"[request]\nheaders = { A = \"{secret\" }", "14: request.headers.A", "} after {"},
      Case{"[request]\nheaders = { A = \"secret}\" }", "14: request.headers.A", "{ before }"},
      Case{"[request]\nheaders = { A = \"{}\" }", "14: request.headers.A",
           "the name of a variable"},
      Case{"[request]\nheaders = { A = \"a\\u0007\" }", "14: request.headers.A", "control"},
      Case{"[request]\njson = { at = 1979-05-27 }", "14: request.json.at", "a text, a number"},
      Case{"[login]\nmethod = \"POST\"\npath = \"/t\"", "13: login.save", "what is kept"},
      Case{"[login]\nmethod = \"POST\"\npath = \"/t\"\nsave.a = \"/a\"\nform.x = \"{login.a}\"",
           "17: login.form.x", "not {login.a}"},
      Case{"[answer]\nlogin_again = [{ http = [401] }]", "14: answer.login_again", "[login]"},
      Case{"[answer]\nmessage = \"m\"", "14: answer.message", "a pointer"},
      Case{"[limits]\nrate = \"fast\"", "14: limits.rate", "5/s"},
      Case{"[limits]\nconcurrency = 0", "14: limits.concurrency", "from 1 to 16"},
      Case{"[limits]\ninterval = \"soon\"", "14: limits.interval", "a duration"},
      Case{"[limits]\nbatch = 5", "14: limits.batch", "only with [[batch]]"},
      Case{"[settings.a]", "13: settings.a.about", "for people"},
      Case{"[settings.a]\nabout = \"a\"\ndefault = \"c\"\none_of = [\"b\"]",
           "15: settings.a.default", "one of one_of"},
      Case{"[settings.a]\nabout = \"a\"\nsecret = true\ndefault = \"c\"", "15: settings.a.secret",
           "neither default"},
      Case{"[settings.rate]\nabout = \"a\"", "13: settings.rate", "another name"},
      Case{"[settings.a_file]\nabout = \"a\"", "13: settings.a_file", "another name"},
      Case{"[settings.A]\nabout = \"a\"", "13: settings.A", "a-z"}, Case{"settings = 7", "", ""},
      Case{"= 7", "13", ""});
  CAPTURE(one.added);
  if (one.line_and_key.empty()) {
    profile_mistakes(good + one.added);
    return;
  }
  const std::string mistakes = profile_mistakes(good + one.added);
  CAPTURE(mistakes);
  const std::size_t at = mistakes.find("p.toml:" + one.line_and_key + ": ");
  REQUIRE(at != std::string::npos);
  CHECK(mistakes.find(one.expected, at) < mistakes.find('\n', at));
}

TEST_CASE("all mistakes of a profile are reported at once, by line") {
  const std::string mistakes = profile_mistakes(
      "nam = 1\nbase_url = \"ftp://x\"\n[vars]\na = \"{b}\"\nb = \"{a}\"\n[request]\nquery = 3\n");
  CAPTURE(mistakes);
  for (const char* one : {"p.toml:1: name: ", "p.toml:1: documentation: ", "p.toml:1: nam: unknown",
                          "p.toml:2: base_url: ", "p.toml:4: vars.a: ", "p.toml:5: vars.b: ",
                          "p.toml:7: request.query: ", "p.toml:1: card: "}) {
    CAPTURE(one);
    CHECK(mistakes.find(one) != std::string::npos);
  }
}

TEST_CASE("the example of docs/platforms.md is correct and sends the requests that it describes") {
  std::ifstream file{IOTCARD_SOURCE_DIR "/docs/platforms.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::string open = "```toml\n";
  const std::size_t start = text.find(open, text.find("## An example")) + open.size();
  const std::string example = text.substr(start, text.find("```", start) - start);
  CHECK(profile_mistakes(example) == "");
  PlatformBench bench{example, {{"user", "ops"}, {"password", "pass-word"}}};
  bench.answer(R"({"code":0,"access_token":"t","expires_in":3600})");
  bench.answer(
      R"({"code":0,"data":[{"iccid":"89860618050008541476","id":7,"state":"live","endDate":"2026-01-01"}]})");
  bench.answer(R"({"code":0,"days":{"1":{"up":"0.5","down":1}}})");
  const auto answers = bench.ask();
  CHECK(PlatformBench::field(answers, "status") == "active");
  CHECK(PlatformBench::field(answers, "used_bytes") == "1500000");
  CHECK(PlatformBench::field(answers, "expires_at") == "2025-12-31T16:00:00.000Z");
  CHECK(bench.http.requests.at(2).url == "https://api.example/sims/7/usage");
}

TEST_CASE("a missing file is reported by its name") {
  CHECK_THROWS_WITH(load_profile("/nowhere/p.toml"), Catch::StartsWith("/nowhere/p.toml:1: "));
}

TEST_CASE("a section is checked against its profile, and no value is shown") {
  const auto profile = parse_profile(good + R"([settings.unit]
about = "u"
one_of = ["MB", "MiB"]
)",
                                     "p.toml");
  const auto problems = [&](const std::string& url, std::map<std::string, std::string> settings) {
    std::string all;
    for (const std::string& one : access_problems(*profile, {url, std::move(settings)}))
      all += one + "\n";
    return all;
  };
  CHECK(problems("https://a", {{"secret", "s"}, {"unit", "MB"}}) == "");
  const std::string all =
      problems("https://a/", {{"unit", "kilo-SECRET"}, {"zone", "SECRET"}, {"sekret", "SECRET"}});
  CAPTURE(all);
  CHECK(all.find("base_url: expected") != std::string::npos);
  CHECK(all.find("secret: missing") != std::string::npos);
  CHECK(all.find("unit: expected one of \"MB\", \"MiB\"") != std::string::npos);
  CHECK(all.find("zone: expected UTC") != std::string::npos);
  CHECK(all.find("sekret: unknown key") != std::string::npos);
  CHECK(all.find("SECRET") == std::string::npos);
  CHECK(problems("", {{"secret", "a\nb"}, {"unit", "MB"}}).find("control characters") !=
        std::string::npos);
}
