// SPDX-License-Identifier: Apache-2.0
// The published signatures come out of the shipped profiles, at the time that they were made for.
#include <catch2/catch.hpp>

#include "platform/platform_client.h"
#include "support/platforms/dialect.h"

using namespace iotcard;

namespace {

// Keeps what is sent; each answer is the same.
class Recorder : public HttpClient {
 public:
  explicit Recorder(std::string answer) : answer_(std::move(answer)) {}
  HttpResponse send(const HttpRequest& request) override {
    sent.push_back(request);
    return {200, {}, answer_};
  }
  void interrupt() noexcept override {}
  std::vector<HttpRequest> sent;

 private:
  std::string answer_;
};

std::vector<HttpRequest> requests(const std::string& profile, const simulated::Texts& settings,
                                  Instant now, const std::string& iccid,
                                  const std::string& answer) {
  Recorder http{answer};
  std::uint32_t random = 1;  // and so on: the digits 123456
  Account account{load_profile(IOTCARD_SOURCE_DIR "/examples/platforms/" + profile + ".toml"),
                  {"", settings}};
  PlatformClient client{account,
                        {.http = http,
                         .now = [now] { return now; },
                         .random = [&random] { return random++; },
                         .admit = [] { return true; },
                         .trace = {},
                         .unknown_value = {}}};
  const Iccid card = *Iccid::from_canonical(iccid);
  client.ask({&card, 1});
  return http.sent;
}

std::string header_of(const HttpRequest& request, const std::string& name) {
  for (const auto& [known, value] : request.headers) {
    if (known == name) return value;
  }
  return "";
}

const Instant new_year_in_china = *parse_time("2024-12-31T16:00:00Z");

}  // namespace

TEST_CASE("CTWing: the published signature comes out of the shipped profile") {
  const auto sent = requests(
      "ctwing-5gcmp", {{"app_key", "KEY"}, {"secret", "SECRET"}, {"cust_number", "C"}},
      new_year_in_china, "8986032447201234567", R"({"RESULT":"0","SMSG":"1410000000000"})");
  REQUIRE(sent.size() >= 2);
  CHECK(sent[1].url ==
        "https://cmp-api.ctwing.cn:20164/openapi/v1/prodinst/queryCardMainStatus"
        "?access_number=1410000000000");
  CHECK(header_of(sent[1], "AppKey") == "KEY");
  CHECK(header_of(sent[1], "Timestamp") == "20250101000000");
  CHECK(header_of(sent[1], "Sign") ==
        "3564616438643661316236373466333161633035643930386564666637316266");
}

TEST_CASE("SIMBoss: the published signature comes out of the shipped profile") {
  const auto sent =
      requests("simboss", {{"appid", "APPID"}, {"secret", "SECRET"}},
               Instant{std::chrono::milliseconds{1499675521446}}, "89860618050008541476", "{}");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "https://api.simboss.com/2.0/device/detail");
  CHECK(simulated::parameters(sent[0].body) ==
        simulated::Texts{
            {"appid", "APPID"},
            {"iccid", "89860618050008541476"},
            {"timestamp", "1499675521446"},
            {"sign", "e5ae4334d0a90a72074ef8bd5794503b11f2c7fedb856a89f6ba8cc0291c5152"}});
}

TEST_CASE("Unicom: the published signature comes out of the shipped profile") {
  const auto sent =
      requests("unicom-cmp", {{"app_id", "APP"}, {"app_secret", "SECRET"}, {"open_id", "OPEN"}},
               new_year_in_china, "89860623680000000017", "{}");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "https://gwapi.10646.cn/api/wsGetTerminalDetails/V1/1Main/vV1.1");
  const auto body = simulated::leaves(sent[0].body);
  CHECK(body.at("/timestamp") == R"("2025-01-01 00:00:00 000")");
  CHECK(body.at("/trans_id") == R"("20250101000000000123456")");
  CHECK(body.at("/token") ==
        R"("ba899a2fe498dd19f4eb39a280cf175c4b12651b81adb2dfe25956077aea6feb")");
}
