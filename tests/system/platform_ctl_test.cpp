// SPDX-License-Identifier: Apache-2.0
// iotcardctl with card platforms: suspend, resume, refresh and test, with a daemon and without one.
#include <algorithm>
#include <future>

#include "operations/platform_operations.h"
#include "store/store.h"
#include "system/platform_world.h"

using namespace iotcard;

TEST_CASE("a card is suspended and resumed, and its new state is shown") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  platform.put(simulated_card(documented_card, "ACTIVATED"));
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, no_limits))};
  daemon.wait_online();
  REQUIRE(ctl(world.dir, daemon, {"card", "add", documented_card, "platform=7"}).status == 0);
  const CtlResult asks = ctl(world.dir, daemon, {"card", "suspend", documented_card});
  CHECK(asks.status == 2);  // nobody is there to be asked
  CHECK(asks.err.find("--yes") != std::string::npos);
  const CtlResult suspended = ctl(world.dir, daemon, {"card", "suspend", documented_card, "--yes"});
  CAPTURE(suspended.err);
  CHECK(suspended.status == 0);
  CHECK(suspended.out.find("says suspended (DEACTIVATED)") != std::string::npos);
  REQUIRE(world.wait_for("card/abnormal/card/" + documented_card));
  platform.idle(true);
  const CtlResult idle = ctl(world.dir, daemon, {"card", "resume", documented_card, "--yes"});
  CHECK(idle.status == 1);
  CHECK(idle.out.find("says suspended") != std::string::npos);
  platform.idle(false);
  CHECK(ctl(world.dir, daemon, {"card", "resume", documented_card, "--yes"}).status == 0);
  REQUIRE(world.wait_for("card/recovered/card/" + documented_card));
  const std::string card = show_card(world, daemon, documented_card);
  CHECK(card.find(R"("kind":"suspend")") != std::string::npos);
  CHECK(card.find(R"("requested_by":)") != std::string::npos);
}

TEST_CASE("without a daemon iotcardctl asks the platforms by itself") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"jasper"};
  for (int i = 0; i < 5; ++i) platform.put(simulated_card(numbered_iccid(i), "ACTIVATED"));
  Daemon::Options options = with_platforms(platform_section(7, "jasper", platform, no_limits));
  options.start = false;
  Daemon daemon{dir, broker.url(), options};
  for (int i = 0; i < 6; ++i) {  // one that it does not have
    REQUIRE(ctl(dir, daemon, {"card", "add", numbered_iccid(i), "platform=7"}).status == 0);
  }
  const CtlResult one = ctl(dir, daemon, {"card", "refresh", numbered_iccid(0)});
  CAPTURE(one.err);
  CHECK(one.status == 0);
  CHECK(one.out.find("says active (ACTIVATED)") != std::string::npos);
  const CtlResult all = ctl(dir, daemon, {"card", "refresh", "--stale", "--json"});
  CAPTURE(all.out, all.err);
  CHECK(all.status == 0);
  CHECK(all.out.find(R"("left":0)") != std::string::npos);
  CHECK(ctl(dir, daemon, {"card", "list", "--status", "active", "--json"})
            .out.find(numbered_iccid(4)) != std::string::npos);
  const std::string gone = ctl(dir, daemon, {"card", "list", "--status", "not_found"}).out;
  CHECK(gone.find(numbered_iccid(5)) != std::string::npos);
  platform.fail(PlatformServer::Fault::html_502, 10000);
  const std::size_t before = platform.asked();
  const CtlResult failing = ctl(dir, daemon, {"card", "refresh", "--all"});
  CAPTURE(failing.out, failing.err);
  CHECK(failing.status == 1);
  CHECK(failing.err.find("HTTP 502; the next attempt is at") != std::string::npos);
  CHECK(platform.asked() - before <= 8);  // twice those at once: the platform is left alone
}

TEST_CASE("a platform is tested step by step, and no secret is shown") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"1nce"};
  platform.put(simulated_card("8988280666000000001", "Enabled"));
  Daemon::Options options = with_platforms(platform_section(7, "1nce", platform, no_limits));
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

TEST_CASE("iotcardctl does not wait for a request whose card was removed") {
  TempDir dir;
  Mosquitto broker{dir};
  PlatformServer platform{"jasper"};
  Daemon::Options options = with_platforms(platform_section(7, "jasper", platform, no_limits));
  options.start = false;
  Daemon daemon{dir, broker.url(), options};
  REQUIRE(ctl(dir, daemon, {"card", "add", documented_card, "platform=7"}).status == 0);
  const auto store = open_store("sqlite:" + dir.file("cards.db"));
  const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  REQUIRE(acquire_lease(*store, 7, "somebody else", now, std::chrono::minutes{1}));
  auto refreshed = std::async(std::launch::async, [&] {
    return ctl(dir, daemon, {"card", "refresh", documented_card});
  });
  const Iccid card = *Iccid::from_canonical(documented_card);
  REQUIRE(eventually([&] { return !store->platform_requests(card, 1).empty(); }));
  REQUIRE(ctl(dir, daemon, {"card", "remove", documented_card}).status == 0);
  const CtlResult result = refreshed.get();
  CHECK(result.status == 1);
  CHECK(result.err.find("was removed") != std::string::npos);
}
