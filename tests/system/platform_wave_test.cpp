// SPDX-License-Identifier: Apache-2.0
// A platform that suddenly does not find the cards of the fleet: the daemon holds that back, an
// operator sees it and may let it through, and a platform that is well again ends it.
#include <algorithm>

#include "store/store.h"
#include "system/platform_world.h"

using namespace iotcard;

namespace {

constexpr int fleet = 30;

// As 1NCE has them: 19 digits.
std::string once_iccid(int i) {
  return "89882806660000" + std::to_string(10'101 + i);
}

struct Wave {
  Wave() {
    put(0, fleet);
    daemon.wait_online();
    std::string csv = "iccid,platform\n";
    for (int i = 0; i < fleet; ++i) csv += once_iccid(i) + ",7\n";
    REQUIRE(run({"card", "import", "-"}, csv).status == 0);
    REQUIRE(eventually([this] { return count("active") == fleet; }));
  }

  CtlResult run(const std::vector<std::string>& arguments, const std::string& input = "") {
    CtlResult result = ctl(world.dir, daemon, arguments, input);
    UNSCOPED_INFO(result.out << result.err);
    return result;
  }
  void put(int from, int to) {
    for (int i = from; i < to; ++i) platform.put(simulated_card(once_iccid(i), "Enabled"));
  }
  void forget(int from, int to) {
    for (int i = from; i < to; ++i) platform.forget(once_iccid(i));
  }
  int count(const std::string& status) {
    const std::string text =
        ctl(world.dir, daemon, {"card", "list", "--status", status, "--json"}).out;
    int found = 0;
    for (std::size_t at = 0; (at = text.find(R"({"iccid":)", at)) != std::string::npos; ++at) {
      ++found;
    }
    return found;
  }
  std::string platforms() { return run({"platform", "list", "--json"}).out; }
  bool holds(int cards) {
    const std::string text = "\"held_back\":" + std::to_string(cards) + ',';
    return eventually([&] { return platforms().find(text) != std::string::npos; });
  }
  bool tells(const std::string& kind) {
    const auto seen = world.seen();
    return std::any_of(seen.begin(), seen.end(),
                       [&](const std::string& topic) { return topic.find("card/" + kind) == 0; });
  }

  WatchedBroker world;
  PlatformServer platform{"1nce"};
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "1nce", platform, no_limits),
                               "not_found_count = 5\nnot_found_share = 10")};
};

}  // namespace

TEST_CASE("a platform that does not find the fleet any more changes no card and is failing") {
  Wave wave;
  wave.forget(0, fleet);
  const CtlResult refreshed = wave.run({"card", "refresh", "--all"});
  CHECK(refreshed.status == 1);
  CHECK(refreshed.err.find("accept-not-found 7") != std::string::npos);
  REQUIRE(wave.holds(fleet));
  CHECK(wave.platforms().find(R"("state":"failing")") != std::string::npos);
  CHECK(wave.run({"platform", "list"}).out.find("failing: not_found") != std::string::npos);
  CHECK(wave.daemon.wait_for_log("does not find"));
  CHECK(wave.run({"doctor"}).out.find("does not find 30 cards") != std::string::npos);

  // A restart changes nothing, and what an operator asks for is held back, too.
  wave.daemon.terminate();
  wave.daemon.start();
  wave.daemon.wait_online();
  CHECK(wave.holds(fleet));
  const CtlResult one = wave.run({"card", "refresh", once_iccid(3)});
  CHECK(one.status == 1);
  CHECK(one.err.find("held back") != std::string::npos);
  CHECK(wave.count("active") == fleet);
  CHECK_FALSE(wave.tells("abnormal"));

  // The platform is well again.
  wave.put(0, fleet);
  CHECK(wave.run({"card", "refresh", "--all"}).status == 0);
  REQUIRE(wave.holds(0));
  CHECK(wave.platforms().find(R"("state":"well")") != std::string::npos);
  CHECK(wave.count("active") == fleet);
  CHECK_FALSE(wave.tells("abnormal"));
  CHECK_FALSE(wave.tells("recovered"));
}

TEST_CASE("an operator lets a wave of not_found through") {
  Wave wave;
  wave.forget(0, 12);
  CHECK(wave.run({"platform", "accept-not-found", "7"}).out.find("holds no card back") !=
        std::string::npos);
  CHECK(wave.run({"card", "refresh", "--all"}).status == 1);
  REQUIRE(wave.holds(12));
  CHECK(wave.count("not_found") == 0);
  const CtlResult accepted = wave.run({"platform", "accept-not-found", "7", "--json"});
  CHECK(accepted.status == 0);
  CHECK(accepted.out.find(R"({"platform":7,"accepted":12})") != std::string::npos);
  CHECK(wave.count("not_found") == 12);
  for (int i = 0; i < 12; ++i) REQUIRE(wave.world.wait_for("card/abnormal/card/" + once_iccid(i)));
  CHECK(wave.holds(0));
  CHECK(wave.platforms().find(R"("state":"well")") != std::string::npos);
  // And what follows in the same round.
  wave.forget(12, 14);
  CHECK(wave.run({"card", "refresh", "--all"}).status == 0);
  CHECK(eventually([&] { return wave.count("not_found") == 14; }));
  CHECK(wave.run({"platform", "accept-not-found", "99"}).status == 1);
}
