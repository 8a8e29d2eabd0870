// SPDX-License-Identifier: Apache-2.0
// The simulated platforms themselves: a judge that takes everything would prove nothing. Asked
// without any of lib/platform.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "support/http_client.h"
#include "support/platform_server.h"

using namespace iotcard;
using namespace iotcard::simulated;
using namespace std::chrono_literals;

TEST_CASE("the simulated platforms compute the published digests") {
  CHECK(hex(digest("SM3", "abc")) ==
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  CHECK(hex(digest("SM3",
                   "app_idAPPtimestamp2025-01-01 00:00:00 000"
                   "trans_id20250101000000000123456SECRET")) ==
        "ba899a2fe498dd19f4eb39a280cf175c4b12651b81adb2dfe25956077aea6feb");
  CHECK(hex(digest("SHA256",
                   "appid=APPID&iccid=89860618050008541476&timestamp=1499675521446SECRET")) ==
        "e5ae4334d0a90a72074ef8bd5794503b11f2c7fedb856a89f6ba8cc0291c5152");
  CHECK(upper(hex(hex(digest("MD5", "access_number=1410000000000SECRET20250101000000")))) ==
        "3564616438643661316236373466333161633035643930386564666637316266");
  // RFC 4231, case 2.
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(base64("apikey:KEY") == "YXBpa2V5OktFWQ==");
  CHECK(luhn_digit("8988303000123456789") == '4');
}

TEST_CASE("a simulated platform lets nobody in who shows nothing") {
  for (const std::string& name : dialect_names()) {
    PlatformServer server{name};
    server.put({.iccid = "8988216716970004975", .status = "1"});
    const std::string base = make_dialect(name)->base_path();
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      for (const char* path :
           {"/", "/devices/8988216716970004975", "/v1/sims/8988216716970004975",
            "/sims/8988216716970004975", "/sims/find?query=8988216716970004975", "/sim/detail",
            "/sim_cards", "/Sims?Iccid=8988216716970004975", "/device/detail",
            "/ec/query/sim-status?iccid=8988216716970004975", "/links/cellular",
            "/sim-cards?main_search_type=1&main_search_key=8988216716970004975",
            "/api/v1/sim?q=iccid:8988216716970004975"}) {
        const HttpReply reply = http(
            server.port(), {.method = method, .target = base + path, .headers = {}, .body = "{}"});
        INFO(name << ": " << method << ' ' << path << ' ' << reply.body);
        CHECK(reply.status != 0);
        CHECK(reply.body.find("8988216716970004975") == std::string::npos);
        CHECK(reply.body.find("\"status\":\"0\"") == std::string::npos);
      }
    }
  }
}

TEST_CASE("a simulated platform refuses what its dialect has not, credentials or no") {
  PlatformServer server{"jasper"};
  server.put({.iccid = "8988216716970004975", .status = "ACTIVATED"});
  const std::map<std::string, std::string> known = {
      {"Authorization", "Basic " + base64("iotcard:7f2a-jasper-key")},
      {"Content-Type", "application/json"}};
  const std::string device = "/rws/api/v1/devices/8988216716970004975";
  const auto status = [&](const std::string& method, const std::string& target,
                          const std::string& body = "") {
    return http(server.port(), {.method = method, .target = target, .headers = known, .body = body})
        .status;
  };
  CHECK(status("GET", device) == 200);
  CHECK(status("GET", device + "?more=1") == 404);
  CHECK(status("DELETE", device) == 405);
  CHECK(status("GET", device + "1") == 404);
  CHECK(status("GET", "/devices/8988216716970004975") == 404);
  CHECK(status("PUT", device, R"({"status":"DEACTIVATED"})") == 200);
  CHECK(server.card("8988216716970004975").status == "DEACTIVATED");
  CHECK(status("PUT", device, R"({"status":"RETIRED"})") == 400);
  CHECK(status("PUT", device, R"({"status":"ACTIVATED","more":1})") == 400);
  CHECK(http_get(server.port(), device, {{"Authorization", "Basic eDp5"}}).status == 401);
}

TEST_CASE("a simulated platform remembers its requests, and how many there were at once") {
  PlatformServer server{"jasper"};
  server.slow_down(100ms);
  std::vector<std::thread> askers;
  for (int n = 0; n < 4; ++n) {
    askers.emplace_back([&] { http_get(server.port(), "/rws/api/v1/devices/1?n=1"); });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(server.most_at_once() >= 2);
  CHECK(server.most_at_once() <= 4);
  REQUIRE(server.calls().size() == 4);
  CHECK(server.calls()[0].path == "/devices/1");
  CHECK(server.calls()[0].query == "n=1");
  CHECK(server.calls()[0].status == 401);
  CHECK(server.calls()[0].at <= server.calls()[3].at);
}

TEST_CASE("a simulated platform that is silent ends when the test does") {
  std::thread asker;
  std::atomic<int> status{-1};
  {
    PlatformServer server{"jasper"};
    server.fail(PlatformServer::Fault::silence);
    asker = std::thread{[&, port = server.port()] { status = http_get(port, "/x").status; }};
    REQUIRE(eventually([&] { return server.calls().size() == 1; }));
  }
  asker.join();
  CHECK(status == 0);
}
