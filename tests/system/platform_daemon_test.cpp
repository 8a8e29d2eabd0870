// SPDX-License-Identifier: Apache-2.0
// The daemon with card platforms: unknown cards are found, known ones kept fresh, and whatever a
// platform does, reports and other platforms go on.
#include <algorithm>
#include <future>
#include <map>
#include <regex>

#include "operations/platform_operations.h"
#include "store/store.h"
#include "system/platform_world.h"

using namespace iotcard;

TEST_CASE("with the first platform dead and the second ignorant the third one's card is bound") {
  WatchedBroker world;
  PlatformServer second{"simboss"};
  PlatformServer third{"onelink-v5"};
  third.put(simulated_card(documented_card, "00"));
  third.slow_down(std::chrono::milliseconds{700});  // so that the second has its look in time
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(free_port());
  Daemon daemon{
      world.dir, world.broker.url(),
      with_platforms(platform_section(1, "jasper", nowhere,
                                      {{"username", "u"}, {"api_key", "not-a-secret"}}, no_limits) +
                     platform_section(2, "simboss", second, no_limits) +
                     platform_section(3, "onelink-v5", third, no_limits))};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  REQUIRE(world.wait_for("mismatch/cleared/1/D1"));
  REQUIRE(world.wait_for("binding/created/1/D1"));
  const std::string card = show_card(world, daemon, documented_card);
  CHECK(card.find(R"("platform":3)") != std::string::npos);
  CHECK(card.find(R"("status":"active")") != std::string::npos);
  const std::vector<std::string> events = world.seen();
  const auto at = [&](const std::string& topic) {
    return std::find(events.begin(), events.end(), topic) - events.begin();
  };
  CHECK(at("mismatch/card_unknown/1/D1") < at("mismatch/cleared/1/D1"));
  CHECK(at("mismatch/cleared/1/D1") < at("binding/created/1/D1"));
  CHECK(second.asked() >= 1);
  CHECK(daemon.log().find("not-a-secret") == std::string::npos);
}

TEST_CASE("a report that names a platform has only that one asked") {
  WatchedBroker world;
  PlatformServer one{"simboss"};
  PlatformServer two{"jasper"};
  one.put(simulated_card(documented_card, "activation"));
  two.put(simulated_card(documented_card, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "simboss", one, no_limits) +
                               platform_section(2, "jasper", two, no_limits))};
  daemon.wait_online();
  world.report("D1", R"({"iccid":")" + documented_card + R"(","cardPlatformId":2})");
  REQUIRE(world.wait_for("binding/created/1/D1"));
  CHECK(show_card(world, daemon, documented_card).find(R"("platform":2)") != std::string::npos);
  CHECK(one.asked() == 0);
}

TEST_CASE("a report that names a platform that is not configured has all of them asked") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(simulated_card(documented_card, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(2, "jasper", platform, no_limits))};
  daemon.wait_online();
  world.report("D1", R"({"iccid":")" + documented_card + R"(","cardPlatformId":9})");
  REQUIRE(world.wait_for("mismatch/wrong_platform/1/D1"));
  CHECK(show_card(world, daemon, documented_card).find(R"("platform":2)") != std::string::npos);
}

TEST_CASE("a platform whose secret cannot be read does not affect the others") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(simulated_card(documented_card, "ACTIVATED"));
  Daemon daemon{
      world.dir, world.broker.url(),
      with_platforms(platform_section(1, "jasper", "http://127.0.0.1:9",
                                      {{"username", "u"}, {"api_key_file", "/no/such/file"}}) +
                     platform_section(2, "jasper", platform, no_limits))};
  daemon.wait_online();
  CHECK(daemon.wait_for_log("/no/such/file"));
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  const std::string list = ctl(world.dir, daemon, {"platform", "list", "--json"}).out;
  CHECK(list.find(R"("fault":"log_in")") != std::string::npos);
}

TEST_CASE("a failing platform does not become well by an unusable answer") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(simulated_card(documented_card, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, no_limits))};
  daemon.wait_online();
  platform.fail(PlatformServer::Fault::html_502);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(ctl(world.dir, daemon, {"card", "add", numbered_iccid(i), "platform=7"}).status == 0);
  }
  REQUIRE(daemon.wait_for_log("HTTP 502"));
  platform.fail(PlatformServer::Fault::html_404, 1000);
  REQUIRE(eventually([&] {
    const std::string list = ctl(world.dir, daemon, {"platform", "list", "--json"}).out;
    return list.find(R"("fault":"unreadable")") != std::string::npos;
  }));
  CHECK(daemon.log().find("answers again") == std::string::npos);
}

TEST_CASE("an ICCID that no platform knows is asked about once, however often it is reported") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "jasper", platform, no_limits))};
  daemon.wait_online();
  for (const char* device : {"D1", "D2", "D3"}) {
    for (int i = 0; i < 3; ++i) world.report(device, documented_payload);
  }
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D3", 3));
  REQUIRE(eventually([&] { return platform.asked() == 1; }));
  // The answer is kept, too: before that, it would be asked again.
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->unknown_to_ask(1, {}, 0, 100, 1).iccids.empty(); }));
  daemon.kill();
  daemon.start();
  daemon.wait_online();
  // A card that comes later is asked for behind the others, and found.
  platform.put(simulated_card(numbered_iccid(1), "ACTIVATED"));
  world.report("D4", R"({"iccid":")" + numbered_iccid(1) + R"("})");
  REQUIRE(world.wait_for("binding/created/1/D4"));
  const auto calls = platform.calls();
  CHECK(std::count_if(calls.begin(), calls.end(), [](const PlatformServer::Call& call) {
          return call.path.find(documented_card) != std::string::npos;
        }) == 1);
}

TEST_CASE("what a platform says of known cards is kept, and announced on the edge") {
  WatchedBroker world;
  PlatformServer platform{"simboss"};
  PlatformServer::Card simulated = simulated_card(documented_card, "activation");
  simulated.used = "149.900390625";
  simulated.limit = "1000";
  platform.put(simulated);
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "simboss", platform, no_limits))};
  daemon.wait_online();
  REQUIRE(
      ctl(world.dir, daemon, {"card", "add", documented_card, "platform=7", "plan=mine"}).status ==
      0);
  REQUIRE(card_becomes(world, daemon, documented_card, R"("status":"active")"));
  const std::string card = show_card(world, daemon, documented_card);
  CHECK(card.find(R"("plan":"mine")") != std::string::npos);  // it says nothing of that
  CHECK(card.find(R"("raw_status":"activation")") != std::string::npos);
  CHECK(card.find(R"("used_bytes":null)") == std::string::npos);

  simulated.status = "deactivation";
  platform.put(simulated);
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", documented_card}).status == 0);
  REQUIRE(world.wait_for("card/abnormal/card/" + documented_card));
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", documented_card}).status == 0);
  simulated.status = "activation";
  platform.put(simulated);
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", documented_card}).status == 0);
  REQUIRE(world.wait_for("card/recovered/card/" + documented_card));
  const std::vector<std::string> events = world.seen();
  CHECK(std::count(events.begin(), events.end(), "card/abnormal/card/" + documented_card) == 1);
}

TEST_CASE("a platform that fails changes nothing of what is known of its cards") {
  WatchedBroker world;
  PlatformServer platform{"simboss"};
  platform.put(simulated_card(documented_card, "activation"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "simboss", platform, no_limits))};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", documented_card, "platform=7"}).status == 0);
  REQUIRE(card_becomes(world, daemon, documented_card, R"("status":"active")"));
  const std::string before = without_times(show_card(world, daemon, documented_card));
  using Fault = PlatformServer::Fault;
  for (const Fault fault : {Fault::garbage, Fault::html_404, Fault::html_502, Fault::error_in_200,
                            Fault::hang_up, Fault::cut_off}) {
    const std::size_t asked = platform.asked();
    platform.fail(fault, fault == Fault::hang_up ? 2 : 1);  // libcurl tries that again
    CtlResult refreshed = ctl(world.dir, daemon, {"card", "refresh", documented_card});
    CAPTURE(static_cast<int>(fault), refreshed.out, refreshed.err);
    CHECK(refreshed.status == 1);
    CHECK(platform.asked() > asked);
    CHECK(without_times(show_card(world, daemon, documented_card)) == before);
    // It is well again, and so it may be asked at once the next time.
    refreshed = ctl(world.dir, daemon, {"card", "refresh", documented_card});
    CHECK(refreshed.status == 0);
  }
}

TEST_CASE("a card with a fresh state is not asked about again after a kill") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  for (int i = 0; i < 20; ++i) platform.put(simulated_card(numbered_iccid(i), "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, no_limits))};
  daemon.wait_online();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(ctl(world.dir, daemon, {"card", "add", numbered_iccid(i), "platform=7"}).status == 0);
  }
  const auto all_fresh = [&] {
    const std::string cards = ctl(world.dir, daemon, {"card", "list", "--json"}).out;
    return cards.find(R"("refreshed_at":null)") == std::string::npos;
  };
  REQUIRE(eventually(all_fresh));
  const std::size_t asked = platform.asked();
  daemon.kill();
  daemon.start();
  daemon.wait_online();
  platform.put(simulated_card(documented_card, "ACTIVATED"));
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  CHECK(platform.asked() == asked + (asked / 20));  // the new card alone
}

TEST_CASE("a storm of unknown ICCIDs keeps to the platform's limits and delays no report") {
  constexpr int storm = 3000;
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.slow_down(std::chrono::milliseconds{5});
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform,
                                                "rate = \"50/s\"\nconcurrency = 2\n"
                                                "interval = \"0s\""))};
  daemon.wait_online();
  const auto began = std::chrono::steady_clock::now();
  MqttProbe devices{world.broker.url(), MqttProbe::Options{.mqtt5 = false}};
  devices.publish_many(storm, [](std::int64_t i) {
    return ProbeMessage{.topic = "/1/S" + std::to_string(i) + "/info/post",
                        .payload = R"({"iccid":")" + numbered_iccid(static_cast<int>(i)) + R"("})"};
  });
  REQUIRE(world.wait_for("mismatch/card_unknown/1/S" + std::to_string(storm - 1)));
  REQUIRE(eventually([&] { return platform.asked() >= 100; }));
  const auto calls = platform.calls();
  const std::chrono::duration<double> took = calls.back().at - calls.front().at;
  CHECK(static_cast<double>(calls.size() - 1) <= took.count() * 50.0 + 1.0);
  CHECK(platform.most_at_once() <= 2);
  std::map<std::string, int> asked;
  for (const PlatformServer::Call& call : calls) ++asked[call.method + call.path];
  for (const auto& [path, times] : asked) {
    CAPTURE(path);
    CHECK(times == 1);
  }
  CHECK(std::chrono::steady_clock::now() - began < patience);
}

TEST_CASE("a silent platform delays neither other platforms nor the end of the daemon") {
  WatchedBroker world;
  PlatformServer silent{"jasper"};
  PlatformServer well{"simboss"};
  silent.fail(PlatformServer::Fault::silence, 1000);
  well.put(simulated_card(documented_card, "activation"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "jasper", silent, no_limits) +
                               platform_section(2, "simboss", well, no_limits))};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  REQUIRE(eventually([&] { return silent.asked() >= 1; }));
  const auto began = std::chrono::steady_clock::now();
  CHECK(daemon.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{10});
}
