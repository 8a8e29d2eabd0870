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

namespace {

const std::string number = documented_iccid;
const std::string unlimited = "rate = \"1000/s\"\ninterval = \"0s\"";

std::string numbered(int i) {
  std::string digits = std::to_string(i);
  return "898604000000000" + std::string(5 - digits.size(), '0') + digits;
}

PlatformServer::Card card_of(const std::string& iccid, const std::string& status) {
  PlatformServer::Card card;
  card.iccid = iccid;
  card.status = status;
  return card;
}

std::string shown(const WatchedBroker& world, const Daemon& daemon, const std::string& iccid) {
  return ctl(world.dir, daemon, {"card", "show", iccid, "--json"}).out;
}

// What a card is, without how and when that was learned.
std::string itself(const std::string& card) {
  const std::string facts = card.substr(0, card.find(R"("requests":)"));
  return std::regex_replace(facts, std::regex{R"("(refreshed|updated)_at":"[^"]*",)"}, "");
}

bool becomes(const WatchedBroker& world, const Daemon& daemon, const std::string& iccid,
             const std::string& part) {
  return eventually([&] { return shown(world, daemon, iccid).find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("with the first platform dead and the second ignorant the third one's card is bound") {
  WatchedBroker world;
  PlatformServer second{"simboss"};
  PlatformServer third{"onelink-v5"};
  third.put(card_of(number, "00"));
  third.slow_down(std::chrono::milliseconds{700});  // so that the second has its look in time
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(free_port());
  Daemon daemon{
      world.dir, world.broker.url(),
      with_platforms(platform_section(1, "jasper", nowhere,
                                      {{"username", "u"}, {"api_key", "not-a-secret"}}, unlimited) +
                     platform_section(2, "simboss", second, unlimited) +
                     platform_section(3, "onelink-v5", third, unlimited))};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  REQUIRE(world.wait_for("mismatch/cleared/1/D1"));
  REQUIRE(world.wait_for("binding/created/1/D1"));
  const std::string card = shown(world, daemon, number);
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
  one.put(card_of(number, "activation"));
  two.put(card_of(number, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "simboss", one, unlimited) +
                               platform_section(2, "jasper", two, unlimited))};
  daemon.wait_online();
  world.report("D1", R"({"iccid":")" + number + R"(","cardPlatformId":2})");
  REQUIRE(world.wait_for("binding/created/1/D1"));
  CHECK(shown(world, daemon, number).find(R"("platform":2)") != std::string::npos);
  CHECK(one.asked() == 0);
}

TEST_CASE("a report that names a platform that is not configured has all of them asked") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(card_of(number, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(2, "jasper", platform, unlimited))};
  daemon.wait_online();
  world.report("D1", R"({"iccid":")" + number + R"(","cardPlatformId":9})");
  REQUIRE(world.wait_for("mismatch/wrong_platform/1/D1"));
  CHECK(shown(world, daemon, number).find(R"("platform":2)") != std::string::npos);
}

TEST_CASE("a platform whose secret cannot be read costs only itself") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(card_of(number, "ACTIVATED"));
  Daemon daemon{
      world.dir, world.broker.url(),
      with_platforms(platform_section(1, "jasper", "http://127.0.0.1:9",
                                      {{"username", "u"}, {"api_key_file", "/no/such/file"}}) +
                     platform_section(2, "jasper", platform, unlimited))};
  daemon.wait_online();
  CHECK(daemon.wait_for_log("/no/such/file"));
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  const std::string list = ctl(world.dir, daemon, {"platform", "list", "--json"}).out;
  CHECK(list.find(R"("fault":"log_in")") != std::string::npos);
}

TEST_CASE("a platform that fails is not well again for a page that makes no sense") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(card_of(number, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, unlimited))};
  daemon.wait_online();
  platform.fail(PlatformServer::Fault::html_502);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(ctl(world.dir, daemon, {"card", "add", numbered(i), "platform=7"}).status == 0);
  }
  REQUIRE(daemon.wait_for_log("HTTP 502"));
  platform.fail(PlatformServer::Fault::html_404, 1000);
  REQUIRE(eventually([&] {
    const std::string list = ctl(world.dir, daemon, {"platform", "list", "--json"}).out;
    return list.find(R"("fault":"unreadable")") != std::string::npos;
  }));
  CHECK(daemon.log().find("answers again") == std::string::npos);
}

TEST_CASE("an ICCID that no platform knows is asked for once, however often it is reported") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "jasper", platform, unlimited))};
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
  platform.put(card_of(numbered(1), "ACTIVATED"));
  world.report("D4", R"({"iccid":")" + numbered(1) + R"("})");
  REQUIRE(world.wait_for("binding/created/1/D4"));
  const auto calls = platform.calls();
  CHECK(std::count_if(calls.begin(), calls.end(), [](const PlatformServer::Call& call) {
          return call.path.find(number) != std::string::npos;
        }) == 1);
}

TEST_CASE("what a platform says of known cards is kept, and announced on the edge") {
  WatchedBroker world;
  PlatformServer platform{"simboss"};
  PlatformServer::Card simulated = card_of(number, "activation");
  simulated.used = "149.900390625";
  simulated.limit = "1000";
  platform.put(simulated);
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "simboss", platform, unlimited))};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", number, "platform=7", "plan=mine"}).status == 0);
  REQUIRE(becomes(world, daemon, number, R"("status":"active")"));
  const std::string card = shown(world, daemon, number);
  CHECK(card.find(R"("plan":"mine")") != std::string::npos);  // it says nothing of that
  CHECK(card.find(R"("raw_status":"activation")") != std::string::npos);
  CHECK(card.find(R"("used_bytes":null)") == std::string::npos);

  simulated.status = "deactivation";
  platform.put(simulated);
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", number}).status == 0);
  REQUIRE(world.wait_for("card/abnormal/card/" + number));
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", number}).status == 0);
  simulated.status = "activation";
  platform.put(simulated);
  REQUIRE(ctl(world.dir, daemon, {"card", "refresh", number}).status == 0);
  REQUIRE(world.wait_for("card/recovered/card/" + number));
  const std::vector<std::string> events = world.seen();
  CHECK(std::count(events.begin(), events.end(), "card/abnormal/card/" + number) == 1);
}

TEST_CASE("a platform that fails changes nothing of what is known of its cards") {
  WatchedBroker world;
  PlatformServer platform{"simboss"};
  platform.put(card_of(number, "activation"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "simboss", platform, unlimited))};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", number, "platform=7"}).status == 0);
  REQUIRE(becomes(world, daemon, number, R"("status":"active")"));
  const std::string before = itself(shown(world, daemon, number));
  using Fault = PlatformServer::Fault;
  for (const Fault fault : {Fault::garbage, Fault::html_404, Fault::html_502, Fault::error_in_200,
                            Fault::hang_up, Fault::cut_off}) {
    const std::size_t asked = platform.asked();
    platform.fail(fault, fault == Fault::hang_up ? 2 : 1);  // libcurl tries that again
    CtlResult refreshed = ctl(world.dir, daemon, {"card", "refresh", number});
    CAPTURE(static_cast<int>(fault), refreshed.out, refreshed.err);
    CHECK(refreshed.status == 1);
    CHECK(platform.asked() > asked);
    CHECK(itself(shown(world, daemon, number)) == before);
    // It is well again, and so it may be asked at once the next time.
    refreshed = ctl(world.dir, daemon, {"card", "refresh", number});
    CHECK(refreshed.status == 0);
  }
}

TEST_CASE("what is fresh is not asked for again after a kill") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  for (int i = 0; i < 20; ++i) platform.put(card_of(numbered(i), "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, unlimited))};
  daemon.wait_online();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(ctl(world.dir, daemon, {"card", "add", numbered(i), "platform=7"}).status == 0);
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
  platform.put(card_of(number, "ACTIVATED"));
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  CHECK(platform.asked() == asked + (asked / 20));  // the new card alone
}

TEST_CASE("a storm of unknown ICCIDs keeps to the platform's limits and holds no report up") {
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
                        .payload = R"({"iccid":")" + numbered(static_cast<int>(i)) + R"("})"};
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

TEST_CASE("a card is suspended and resumed, and what the platform says of it is told") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(card_of(number, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, unlimited))};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", number, "platform=7"}).status == 0);
  const CtlResult asks = ctl(world.dir, daemon, {"card", "suspend", number});
  CHECK(asks.status == 2);  // nobody is there to be asked
  CHECK(asks.err.find("--yes") != std::string::npos);
  const CtlResult suspended = ctl(world.dir, daemon, {"card", "suspend", number, "--yes"});
  CAPTURE(suspended.err);
  CHECK(suspended.status == 0);
  CHECK(suspended.out.find("says suspended (DEACTIVATED)") != std::string::npos);
  REQUIRE(world.wait_for("card/abnormal/card/" + number));
  platform.idle(true);
  const CtlResult idle = ctl(world.dir, daemon, {"card", "resume", number, "--yes"});
  CHECK(idle.status == 1);
  CHECK(idle.out.find("says suspended") != std::string::npos);
  platform.idle(false);
  CHECK(ctl(world.dir, daemon, {"card", "resume", number, "--yes"}).status == 0);
  REQUIRE(world.wait_for("card/recovered/card/" + number));
  const std::string card = shown(world, daemon, number);
  CHECK(card.find(R"("kind":"suspend")") != std::string::npos);
  CHECK(card.find(R"("requested_by":)") != std::string::npos);
}

TEST_CASE("without a daemon iotcardctl asks the platforms by itself") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"jasper"};
  for (int i = 0; i < 5; ++i) platform.put(card_of(numbered(i), "ACTIVATED"));
  Daemon::Options options = with_platforms(platform_section(7, "jasper", platform, unlimited));
  options.start = false;
  Daemon daemon{dir, broker.url(), options};
  for (int i = 0; i < 6; ++i) {  // one that it does not have
    REQUIRE(ctl(dir, daemon, {"card", "add", numbered(i), "platform=7"}).status == 0);
  }
  const CtlResult one = ctl(dir, daemon, {"card", "refresh", numbered(0)});
  CAPTURE(one.err);
  CHECK(one.status == 0);
  CHECK(one.out.find("says active (ACTIVATED)") != std::string::npos);
  const CtlResult all = ctl(dir, daemon, {"card", "refresh", "--stale", "--json"});
  CAPTURE(all.out, all.err);
  CHECK(all.status == 0);
  CHECK(all.out.find(R"("left":0)") != std::string::npos);
  CHECK(ctl(dir, daemon, {"card", "list", "--status", "active", "--json"}).out.find(numbered(4)) !=
        std::string::npos);
  const std::string gone = ctl(dir, daemon, {"card", "list", "--status", "not_found"}).out;
  CHECK(gone.find(numbered(5)) != std::string::npos);
  platform.fail(PlatformServer::Fault::html_502, 100);
  const CtlResult failing = ctl(dir, daemon, {"card", "refresh", "--all"});
  CHECK(failing.status == 1);
  CHECK(failing.err.find("not asked about") != std::string::npos);
}

TEST_CASE("a platform is tested step by step, and no secret is shown") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"1nce"};
  platform.put(card_of("8988280666000000001", "Enabled"));
  Daemon::Options options = with_platforms(platform_section(7, "1nce", platform, unlimited));
  options.start = false;
  Daemon daemon{dir, broker.url(), options};
  const CtlResult log_in = ctl(dir, daemon, {"platform", "test", "7"});
  CAPTURE(log_in.out, log_in.err);
  CHECK(log_in.status == 0);
  CHECK(log_in.out.find("logged in") != std::string::npos);
  const CtlResult found = ctl(dir, daemon, {"platform", "test", "7", "8988280666000000001"});
  CAPTURE(found.out, found.err);
  CHECK(found.status == 0);
  CHECK(found.out.find("status = active") != std::string::npos);
  const CtlResult missing =
      ctl(dir, daemon, {"platform", "test", "7", "8988280666000000019", "--json"});
  CHECK(missing.status == 0);
  CHECK(missing.out.find(R"("answer":"not_found")") != std::string::npos);
  for (const auto& [name, value] : platform.settings()) {
    if (name.find("secret") == std::string::npos) continue;
    for (const CtlResult& result : {log_in, found, missing}) {
      CHECK(result.out.find(value) == std::string::npos);
      CHECK(result.err.find(value) == std::string::npos);
    }
  }
  CHECK(ctl(dir, daemon, {"platform", "test", "8"}).status == 1);
}

TEST_CASE("a silent platform delays no other, and not the end of the daemon") {
  WatchedBroker world;
  PlatformServer silent{"jasper"};
  PlatformServer well{"simboss"};
  silent.fail(PlatformServer::Fault::silence, 1000);
  well.put(card_of(number, "activation"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(1, "jasper", silent, unlimited) +
                               platform_section(2, "simboss", well, unlimited))};
  daemon.wait_online();
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  REQUIRE(eventually([&] { return silent.asked() >= 1; }));
  const auto began = std::chrono::steady_clock::now();
  CHECK(daemon.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{10});
}

TEST_CASE("iotcardctl waits for no request that went with its card") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"jasper"};
  Daemon::Options options = with_platforms(platform_section(7, "jasper", platform, unlimited));
  options.start = false;
  Daemon daemon{dir, broker.url(), options};
  REQUIRE(ctl(dir, daemon, {"card", "add", number, "platform=7"}).status == 0);
  const auto store = open_store("sqlite:" + dir.file("cards.db"));
  const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  REQUIRE(acquire_lease(*store, 7, "somebody else", now, std::chrono::minutes{1}));
  auto refreshed = std::async(std::launch::async, [&] {
    return ctl(dir, daemon, {"card", "refresh", number});
  });
  const Iccid card = *Iccid::from_canonical(number);
  REQUIRE(eventually([&] { return !store->platform_requests(card, 1).empty(); }));
  REQUIRE(ctl(dir, daemon, {"card", "remove", number}).status == 0);
  const CtlResult result = refreshed.get();
  CHECK(result.status == 1);
  CHECK(result.err.find("was removed") != std::string::npos);
}
