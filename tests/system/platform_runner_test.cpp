// SPDX-License-Identifier: Apache-2.0
// A runner on a real store before a simulated platform: what becomes of requests where programs
// end, and where the lease goes to another.
#include "platform/platform_runner.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/platform_operations.h"
#include "refresh/store_platform_jobs.h"
#include "support/wait.h"
#include "system/platform_world.h"
#include "unit/operations_bench.h"

using namespace iotcard;
using Kind = PlatformRequestKind;

namespace {

class MovedClock : public Clock {
 public:
  Instant now() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now()) +
           std::chrono::seconds{ahead};
  }
  std::atomic<int> ahead = 0;
};

// One program that asks platform 7.
struct Asker {
  Asker(const std::string& folder, const std::string& name, const Platform& platform,
        const MovedClock& clock, Context context)
      : store(open_store("sqlite:" + folder + "/cards.db")),
        desk(
            *store,
            {.platform = 7,
             .holder = name,
             .max_age = std::chrono::hours{24},
             .unknown_for = std::chrono::hours{24},
             .interval = platform.limits.interval},
            [context, &clock]() mutable {
              context.now = clock.now();
              return context;
            },
            [] {}),
        runner(platform, desk, clock, [](LogLevel, const std::string&) {}) {
    runner.start();
  }
  std::unique_ptr<Store> store;
  StorePlatformJobs desk;
  PlatformRunner runner;
};

struct AskedPlatform7 : OperationsBench {
  explicit AskedPlatform7(int cards) {
    PlatformSettings settings;
    settings.id = 7;
    settings.profile = "jasper";
    settings.base_url = server.base_url();
    settings.allow_insecure = true;
    settings.rate = Rate{1000, std::chrono::seconds{1}};
    settings.interval = std::chrono::seconds{0};
    settings.timeout = std::chrono::seconds{1};
    for (const auto& [name, value] : server.settings()) settings.values[name] = value;
    platform = open_platform(settings, {profile_folder});
    store().set_platforms({{.id = 7, .name = "p7", .profile = "jasper"}});
    context.now = clock.now();
    for (int i = 0; i < cards; ++i) {
      PlatformServer::Card simulated;
      simulated.iccid = text(i);
      simulated.status = "ACTIVATED";
      server.put(simulated);
      add_card(store(), context, iccid(i), std::vector<FieldChange>{{"platform", "7"}});
      store().set_asked_at(iccid(i), context.now);
    }
  }
  static std::string text(int i) { return "8986040000000001000" + std::to_string(i); }
  static Iccid iccid(int i) { return *Iccid::from_canonical(text(i)); }
  std::int64_t request(int card, Kind kind) {
    return request_platform(store(), context, iccid(card), kind).id;
  }
  PlatformRequest known(std::int64_t id) { return store().find_platform_request(id).value(); }
  bool done(std::int64_t id) {
    return eventually([&] { return known(id).done_at.has_value(); });
  }
  std::size_t changes(int card) const {  // that the platform was told to make
    std::size_t count = 0;
    for (const PlatformServer::Call& call : server.calls()) {
      const bool concerned = call.path.find(text(card)) != std::string::npos;
      if (concerned && call.method == "PUT") ++count;
    }
    return count;
  }

  PlatformServer server{"jasper"};
  Platform platform;
  MovedClock clock;
};

}  // namespace

TEST_CASE("an action that was not begun when its program ended is carried out by the next") {
  AskedPlatform7 world{2};
  world.server.fail(PlatformServer::Fault::silence);
  const std::int64_t begun = world.request(0, Kind::suspend);
  const std::int64_t waiting = world.request(1, Kind::suspend);
  {
    Asker first{world.folder(), "first", world.platform, world.clock, world.context};
    REQUIRE(eventually([&] { return world.server.asked() == 1; }));
  }
  CHECK(world.known(begun).taken_at);
  CHECK_FALSE(world.known(waiting).taken_at);
  Asker second{world.folder(), "second", world.platform, world.clock, world.context};
  REQUIRE(world.done(waiting));
  CHECK(world.known(waiting).failure == "");
  CHECK(world.known(waiting).status == "suspended");
  CHECK(world.known(begun).failure.find("ended before") != std::string::npos);
  CHECK(world.changes(0) == 1);  // never twice
}

TEST_CASE("what was taken before the lease went to another program is not carried out late") {
  AskedPlatform7 world{3};
  world.server.fail(PlatformServer::Fault::silence);
  world.request(0, Kind::suspend);
  const std::int64_t waiting = world.request(1, Kind::suspend);
  Asker here{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(eventually([&] { return world.server.asked() == 1; }));
  REQUIRE(world.known(waiting).taken_at);
  world.clock.ahead = 120;  // as if it had been stopped for so long
  StorePlatformJobs there{world.store(),
                          {.platform = 7, .holder = "there"},
                          [&] {
                            world.context.now = world.clock.now();
                            return world.context;
                          },
                          [] {}};
  REQUIRE(there.hold(world.clock.now()) == PlatformJobs::Held::anew);
  REQUIRE(world.known(waiting).done_at);  // and its operator is told that it failed
  const std::int64_t later = world.request(2, Kind::refresh);
  CHECK(eventually([&] { return here.runner.counts().calls == 1; }));
  world.clock.ahead = 200;  // whoever was there is gone
  REQUIRE(world.done(later));
  CHECK(world.changes(1) == 0);
}

TEST_CASE("what a clock that ran ahead has left behind holds no request up") {
  AskedPlatform7 world{1};
  const std::int64_t id = world.request(0, Kind::refresh);
  world.store().take_platform_requests(7, world.clock.now() + std::chrono::hours{9000}, 9);
  world.store().set_refreshed_at(world.iccid(0), world.clock.now() + std::chrono::hours{9000});
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(world.done(id));
  CHECK(world.known(id).failure == "");
}

TEST_CASE("what a profile cannot do says nothing of the platform") {
  AskedPlatform7 world{1};
  world.store().save_platform_health(7, {.failures = 9, .failure = "no answer"});
  world.platform.profile = load_profile(profile_folder + "/huawei-gsl.toml");
  world.platform.access.settings = {{"token", "t"}};
  const std::int64_t id = world.request(0, Kind::suspend);
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(world.done(id));
  CHECK(world.known(id).failure.find("cannot suspend") != std::string::npos);
  CHECK(world.store().platforms().at(0).health.failures == 9);
}
