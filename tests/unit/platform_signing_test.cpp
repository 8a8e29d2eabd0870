// SPDX-License-Identifier: Apache-2.0
// What requests look like, from profiles' own templates: signatures, encoding, JSON.
#include <catch2/catch.hpp>

#include "base/base64.h"
#include "base/digest.h"
#include "platform_bench.h"

using namespace iotcard;

namespace {

const std::string head = "name = \"X\"\ndocumentation = \"https://x\"\n";
const std::string secret = "[settings.secret]\nabout = \"a\"\nsecret = true\n";
const std::string appid = "[settings.appid]\nabout = \"a\"\n";
const std::string status = "fields = { plan = \"/plan\" }\n";

std::string header_of(const HttpRequest& request, const std::string& name) {
  for (const auto& [known, value] : request.headers) {
    if (known == name) return value;
  }
  return "-";
}

}  // namespace

TEST_CASE("templates compute the published signatures") {
  SECTION("SIMBoss: SHA-256 of the sorted form and the secret") {
    PlatformBench bench{head + secret + appid + R"(
[vars]
text = "{sorted_form}{secret}"
[request]
form = { appid = "{appid}", timestamp = "{now|milliseconds}" }
[request.signed]
form = { sign = "{text|sha256|hex}" }
[[card]]
name = "status"
method = "POST"
path = "/device/detail"
form = { iccid = "{iccid}" }
)" + status,
                        {{"secret", "SECRET"}, {"appid", "APPID"}},
                        Instant{std::chrono::milliseconds{1499675521446}}};
    bench.answer("{\"plan\":1}");
    CHECK(bench.ask().cards.size() == 1);
    CHECK(bench.http.requests.at(0).body.ends_with(
        "&sign=e5ae4334d0a90a72074ef8bd5794503b11f2c7fedb856a89f6ba8cc0291c5152"));
    CHECK(bench.traces.at(0).body.ends_with("&sign=…"));
  }
  SECTION("CTWing: the hex of the hex of MD5, in upper case, in a zone") {
    PlatformBench bench{head + secret + R"(
[settings.zone]
about = "z"
default = "+08:00"
[vars]
timestamp = "{now|time:yyyyMMddHHmmss@zone}"
text = "{sorted_query}{body}{secret}{timestamp}"
[request]
headers = { Timestamp = "{timestamp}" }
[request.signed]
headers = { Sign = "{text|md5|hex|hex|upper}" }
[[card]]
name = "status"
method = "GET"
path = "/x"
query = { access_number = "1410000000000" }
)" + status,
                        {{"secret", "SECRET"}},
                        parse_time("2024-12-31T16:00:00Z").value()};
    bench.answer("{\"plan\":1}");
    bench.ask();
    CHECK(header_of(bench.http.requests.at(0), "Timestamp") == "20250101000000");
    CHECK(header_of(bench.http.requests.at(0), "Sign") ==
          "3564616438643661316236373466333161633035643930386564666637316266");
  }
  SECTION("China Unicom: SM3, and JSON that is merged member by member") {
    PlatformBench bench{head + secret + appid + R"(
[vars]
timestamp = "{now|time:yyyy-MM-dd HH:mm:ss SSS}"
trans_id = "{now|time:yyyyMMddHHmmssSSS}{random|digits:6}"
text = "app_id{appid}timestamp{timestamp}trans_id{trans_id}{secret}"
[request]
json = { app_id = "{appid}", trans_id = "{trans_id}", token = "{text|sm3|hex}", data = { version = "1.0" } }
[[card]]
name = "status"
method = "POST"
path = "/x"
json = { data = { iccids = "{iccids}", n = 1.5, yes = true } }
)" + status,
                        {{"secret", "SECRET"}, {"appid", "APP"}}};
    bench.random = 1;
    bench.answer("{\"plan\":1}");
    bench.ask();
    CHECK(bench.http.requests.at(0).body ==
          "{\"app_id\":\"APP\",\"trans_id\":\"20250101000000000123456\",\"token\":"
          "\"ba899a2fe498dd19f4eb39a280cf175c4b12651b81adb2dfe25956077aea6feb\",\"data\":{"
          "\"version\":\"1.0\",\"iccids\":[\"89860618050008541476\"],\"n\":1.5,\"yes\":true}}");
    CHECK(header_of(bench.http.requests.at(0), "Content-Type") == "application/json");
  }
  SECTION("Quectel: HMAC-SHA256 (RFC 4231, case 2)") {
    PlatformBench bench{head + secret + R"(
[vars]
text = "what do ya want for nothing?"
[request]
headers = { Signature = "{text|hmac-sha256:secret|hex}" }
[[card]]
name = "status"
method = "GET"
path = "/x"
)" + status,
                        {{"secret", "Jefe"}}};
    bench.answer("{\"plan\":1}");
    bench.ask();
    CHECK(header_of(bench.http.requests.at(0), "Signature") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
}

TEST_CASE("digests match their standards") {
  CHECK(to_hex(digest(Digest::sm3, "abc")) ==
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  CHECK(to_hex(digest(Digest::md5, "")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(base64("ab") == "YWI=");
  CHECK(base64("") == "");
  CHECK(percent_encoded("a b/ü~") == "a%20b%2F%C3%BC~");
}

TEST_CASE(
    "values in paths and queries are percent-encoded, and the ICCID has 19 or 20 characters") {
  PlatformBench bench{head + R"(
[[card]]
name = "status"
method = "GET"
path = "/v1/sims/{iccid19}/{iccid20|first:4}"
query = { "filter[iccid]" = "{iccid20}", plain = "a b&{{c}}", month = "{month_start|time:yyyy-MM-dd@+08:00}", s = "{month_start|seconds}" }
)" + status,
                      {},
                      parse_time("2025-01-31T17:00:00Z").value()};
  bench.answer("{\"plan\":1}");
  bench.ask({"8986061805000854147"});
  CHECK(bench.http.requests.at(0).url ==
        "https://api.example/v1/sims/8986061805000854147/8986?filter%5Biccid%5D="
        "89860618050008541476&plain=a%20b%26%7Bc%7D&month=2025-02-01&s=1735689600");
}

TEST_CASE("a saved value can change neither the path nor the headers of a request") {
  const std::string profile = head + R"(
[[card]]
name = "find"
method = "GET"
path = "/find"
save = { id = "/id" }
[[card]]
name = "status"
method = "GET"
path = "/sims/{id}"
headers = { X = "{id}" }
)" + status;
  for (const char* id : {"..", "a\\r\\nX-Evil: 1"}) {
    PlatformBench bench{profile, {}};
    bench.answer("{\"id\":\"" + std::string{id} + "\"}");
    const auto answers = bench.ask();
    CHECK(bench.http.requests.size() == 1);
    CHECK(answers.cards.at(0).kind == CardAnswer::Kind::failed);
    CHECK_FALSE(answers.failure);
  }
}
