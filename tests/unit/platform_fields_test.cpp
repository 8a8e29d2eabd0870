// SPDX-License-Identifier: Apache-2.0
// What is read from an answer, and what is not.
#include <catch2/catch.hpp>
#include <limits>

#include "base/byte_size.h"
#include "platform_bench.h"

using namespace iotcard;

namespace {

// A profile whose one step has these fields.
std::string profile(const std::string& fields) {
  return R"(name = "X"
documentation = "https://x"
[settings.unit]
about = "u"
default = "MB"
one_of = ["MB", "MiB"]
[settings.zone]
about = "z"
default = "+08:00"
[maps.status]
"activation" = "active"
"2" = "suspended"
"true" = "active"
[maps.network]
"已断网" = "blocked"
[maps.usage_scope]
"POOL" = "pool"
[maps.unit]
"兆" = "MiB"
[[card]]
name = "status"
method = "GET"
path = "/x"
[card.fields]
)" + fields;
}

}  // namespace

TEST_CASE("each kind of field is read from an answer, or left out") {
  struct Case {
    std::string fields, body, name, expected;
  };
  const auto one = GENERATE(
      // text
      Case{"plan = '/a'", R"({"a":"x"})", "plan", "x"},
      Case{"plan = '/a'", R"({"a":7.50})", "plan", "7.50"},
      Case{"plan = '/a'", R"({"a":true})", "plan", "true"},
      Case{"plan = '/a'", R"({"a":null})", "plan", "-"},
      Case{"plan = '/a'", R"({"a":""})", "plan", "-"},
      Case{"plan = '/a'", R"({"a":{}})", "plan", "-"},
      Case{"plan = '/a'", R"({"a":"x\u0007y"})", "plan", "-"},
      Case{"plan = ['/b', '/a/0/c~1d']", R"({"a":[{"c/d":"x"}]})", "plan", "x"},
      Case{"plan = '/*/c'", R"([{"c":null},{},{"c":"y"}])", "plan", "y"},
      Case{"plan = { value = 'fix' }", "{}", "plan", "fix"},
      Case{"msisdn = '/a'", R"({"a":"+49 170 1234567"})", "msisdn", "491701234567"},
      Case{"msisdn = '/a'", R"({"a":"n/a"})", "msisdn", "-"},
      // names
      Case{"status = '/a'", R"({"a":"activation"})", "status", "active"},
      Case{"status = '/a'", R"({"a":"activation"})", "raw_status", "activation"},
      Case{"status = '/a'", R"({"a":2})", "status", "suspended"},
      Case{"status = '/a'", R"({"a":true})", "status", "active"},
      Case{"status = '/a'", R"({"a":"?"})", "status", "unknown"},
      Case{"network = '/a'", R"({"a":"已断网"})", "network", "blocked"},
      Case{"usage_scope = '/a'", R"({"a":"POOL"})", "usage_scope", "pool"},
      Case{"usage_scope = '/a'", R"({"a":"?"})", "usage_scope", "-"},
      // amounts
      Case{"used_bytes = { at = '/a', unit = 'KB' }", R"({"a":"42118.59"})", "used_bytes",
           "42118590"},
      Case{"used_bytes = { at = '/a', unit = 'KB' }", R"({"a":42118.59})", "used_bytes",
           "42118590"},
      Case{"used_bytes = { at = '/a', unit = 'MiB' }", R"({"a":149.900390625})", "used_bytes",
           "157181952"},
      Case{"used_bytes = { at = '/a', unit = '{unit}' }", R"({"a":"0.1"})", "used_bytes", "100000"},
      Case{"used_bytes = { at = '/a', unit_at = '/u' }", R"({"a":1,"u":"gb"})", "used_bytes",
           "1000000000"},
      Case{"used_bytes = { at = '/a', unit_at = '/u' }", R"({"a":1,"u":"兆"})", "used_bytes",
           "1048576"},
      Case{"used_bytes = { at = '/a', unit_at = '/u' }", R"({"a":1,"u":"parsec"})", "used_bytes",
           "-"},
      Case{"used_bytes = { at = '/a', unit_at = '/u' }", R"({"a":1})", "used_bytes", "-"},
      Case{"used_bytes = '/a'", R"({"a":0})", "used_bytes", "0"},
      Case{"used_bytes = '/a'", R"({"a":-1})", "used_bytes", "-"},
      Case{"remaining_bytes = '/a'", R"({"a":-1})", "remaining_bytes", "-1"},
      Case{"used_bytes = '/a'", R"({"a":1e400})", "used_bytes", "-"},
      Case{"used_bytes = '/a'", R"({"a":"12 potatoes"})", "used_bytes", "-"},
      Case{"used_bytes = { sum = ['/m/*/u', '/m/*/d'] }",
           R"({"m":{"x":{"u":1,"d":"2"},"y":{"u":4,"d":8}}})", "used_bytes", "15"},
      Case{"used_bytes = { sum = ['/m/*/u'] }", R"({"m":{}})", "used_bytes", "0"},
      Case{"used_bytes = { sum = ['/m/*/u'] }", R"({"m":null})", "used_bytes", "-"},
      Case{"limit_bytes = { sum = ['/u', '/l'] }", R"({"u":1})", "limit_bytes", "-"},
      Case{"limit_bytes = { sum = ['/u', '/l'] }", R"({"u":9223372036854775807,"l":1})",
           "limit_bytes", "-"},
      Case{"used_bytes = { at = '/t', minus = '/l', unit = 'KB' }", R"({"t":5,"l":"1.5"})",
           "used_bytes", "3500"},
      Case{"used_bytes = { at = '/t', minus = '/l' }", R"({"t":5})", "used_bytes", "-"},
      // times
      Case{"expires_at = '/a'", R"({"a":"2016-06-29 00:21:33.339+0000"})", "expires_at",
           "2016-06-29T00:21:33.339Z"},
      Case{"expires_at = { at = '/a', zone = '{zone}' }", R"({"a":"2018-05-31 23:59:59"})",
           "expires_at", "2018-05-31T15:59:59.000Z"},
      Case{"expires_at = '/a'", R"({"a":1499675521446})", "expires_at", "2017-07-10T08:32:01.446Z"},
      Case{"expires_at = '/a'", R"({"a":"someday"})", "expires_at", "-"},
      Case{"expires_at = { earliest = ['/a', '/b'], zone = '+08:00' }",
           R"({"a":"2018-05-31 23:59:59","b":"2018-03-31 23:59:59"})", "expires_at",
           "2018-03-31T15:59:59.000Z"},
      Case{"expires_at = { earliest = ['/a', '/b'] }", R"({"b":"2018-03-31"})", "expires_at",
           "2018-03-31T00:00:00.000Z"},
      Case{"expires_at = { earliest = ['/a', '/b'] }", R"({"a":"soon"})", "expires_at", "-"});
  PlatformBench bench{profile(one.fields), {}};
  bench.answer(one.body);
  CAPTURE(one.fields, one.body);
  const auto answers = bench.ask();
  REQUIRE(answers.cards.size() == 1);
  CHECK(answers.cards[0].kind == CardAnswer::Kind::found);
  CHECK(PlatformBench::field(answers, one.name) == one.expected);
  // Whatever is left out is noted.
  if (one.expected == "-") CHECK_FALSE(bench.traces.at(0).notes.empty());
}

TEST_CASE("amounts are exact, and a number that does not fit is rejected") {
  CHECK(amount_in_bytes("0.000001", 1'000'000) == 1);
  CHECK(amount_in_bytes("+1.5e3", 1) == 1500);
  CHECK(amount_in_bytes("-0.5", 1000) == -500);
  CHECK(amount_in_bytes("9223372036854775807", 1) == 9223372036854775807);
  CHECK_FALSE(amount_in_bytes("9223372036854775808", 1));
  CHECK(amount_in_bytes("123456789012345678", 1) == 123456789012345678);
  std::string long_seven(1000, '0');
  long_seven.back() = '7';
  CHECK(amount_in_bytes(long_seven, 1) == 7);
  CHECK(amount_in_bytes("1e-999999999", 1) == 0);
  CHECK(amount_in_bytes("0e999999999", 1) == 0);
  for (const char* text : {"", "-", ".", "1e", "e5", "1e99999999999", "1e19", "0x10", "NaN", "1,5",
                           "--1", "1 2", "9223372036854775808999"}) {
    CAPTURE(text);
    CHECK_FALSE(amount_in_bytes(text, 1));
  }
}

TEST_CASE(
    "a status that no map knows is told, cut and harmless; one that is too long is left out") {
  PlatformBench bench{profile("status = '/a'"), {}};
  bench.answer("{\"a\":\"\\u001b[2J" + std::string(10'000, 'x') + "\"}");
  const auto answers = bench.ask();
  CHECK(PlatformBench::field(answers, "status") == "unknown");
  CHECK(PlatformBench::field(answers, "raw_status") == "-");
  REQUIRE(bench.unknown.size() == 1);
  CHECK(bench.unknown[0].name == "status");
  CHECK(bench.unknown[0].value.starts_with("\\x1b[2Jxxx"));
  CHECK(bench.unknown[0].value.size() < 210);
}

TEST_CASE("an array of a million elements is read within seconds") {
  PlatformBench bench{profile("used_bytes = { sum = ['/*'] }"), {}};
  std::string body = "[1";
  for (int i = 1; i < 1'000'000; ++i) body += ",1";
  bench.answer(body + "]");
  CHECK(PlatformBench::field(bench.ask(), "used_bytes") == "1000000");
}

TEST_CASE("of a text that is not UTF-8 only the invalid bytes are replaced") {
  PlatformBench bench{profile("plan = '/a'\nimsi = '/i'"), {}};
  bench.answer("{\"a\":\"\xCC\xD7\",\"i\":\"460001234567890\"}");
  CHECK(PlatformBench::field(bench.ask(), "imsi") == "460001234567890");
}

TEST_CASE("[kind=imsi] finds the elements of an array whose member has that value") {
  PlatformBench bench{profile(R"(imsi = "/ids/[kind=IMSI]/id"
msisdn = ["/ids/[kind=msisdn]/id", "/ids/[kind=mdn]/id"]
used_bytes = { sum = ["/days/[source=Raw Usage]/bytes"] }
plan = "/[a=b]"
)"),
                      {}};
  bench.answer(R"({"ids":[{"kind":"mdn","id":"5096300587"},7,{"kind":"imsi","id":"310150123456789"},
    {"kind":"imsi","id":"000000"}],"[a=b]":"an object's own name",
    "days":[{"source":"Raw Usage","bytes":3},{"source":"Rated Usage","bytes":90},
    {"source":"raw usage","bytes":4}]})");
  const auto answers = bench.ask();
  CHECK(PlatformBench::field(answers, "imsi") == "310150123456789");
  CHECK(PlatformBench::field(answers, "msisdn") == "5096300587");
  CHECK(PlatformBench::field(answers, "used_bytes") == "7");
  CHECK(PlatformBench::field(answers, "plan") == "an object's own name");
}
