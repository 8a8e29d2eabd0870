// SPDX-License-Identifier: Apache-2.0
// A runner with a real store and a simulated platform: requests when programs end, when the lease
// moves to another program, and when the store or the HTTP client fails.
#include "refresh/platform_runner.h"

#include <fmt/core.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "operations/card_operations.h"
#include "operations/platform_operations.h"
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
  using MakeHttp = std::function<std::unique_ptr<HttpClient>(HttpOptions)>;
  Asker(const std::string& folder, const std::string& name, const Platform& platform,
        const MovedClock& clock, Context context, MakeHttp make_http = make_http_client)
      : runner(
            platform,
            {.holder = name, .max_age = std::chrono::hours{24}, .miss_ttl = std::chrono::hours{24}},
            {.clock = clock,
             .open_store = [folder] { return open_store("sqlite:" + folder + "/cards.db"); },
             .context =
                 [context, &clock](const std::string&) mutable {
                   context.now = clock.now();
                   return context;
                 },
             .changed = [] {},
             .log = [this](LogLevel, const std::string& text) { note(text); },
             .make_http = std::move(make_http)}) {
    runner.start();
  }
  void note(const std::string& text) {
    const std::lock_guard lock{mutex};
    log.push_back(text);
  }
  int logged(const std::string& part) {
    const std::lock_guard lock{mutex};
    return static_cast<int>(std::count_if(log.begin(), log.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    }));
  }

  std::mutex mutex;
  std::vector<std::string> log;
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
  static std::string text(int i) { return fmt::format("898604000000000100{:02}", i); }
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

TEST_CASE(
    "an action that had not begun when its program ended is carried out by the next program") {
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

TEST_CASE("a runner that stops gives back a hundred requests in one transaction") {
  constexpr int cards = 100;
  AskedPlatform7 world{cards};
  world.server.fail(PlatformServer::Fault::silence);
  std::vector<std::int64_t> requests;
  for (int i = 0; i < cards; ++i) requests.push_back(world.request(i, Kind::suspend));
  const std::filesystem::path log = world.folder() + "/cards.db-wal";
  std::uintmax_t before = 0;
  {
    Asker asker{world.folder(), "first", world.platform, world.clock, world.context};
    REQUIRE(eventually([&] { return world.known(requests.back()).taken_at.has_value(); }));
    REQUIRE(eventually([&] { return world.server.asked() == 1; }));
    before = file_size(log);
  }
  CHECK_FALSE(world.known(requests.back()).taken_at);
  // The log grows by at least a page of 4 KiB with each transaction.
  CHECK(file_size(log) - before < cards / 2 * 4096);
}

TEST_CASE("requests taken before another program got the lease are not carried out late") {
  AskedPlatform7 world{3};
  world.server.fail(PlatformServer::Fault::silence);
  world.request(0, Kind::suspend);
  const std::int64_t waiting = world.request(1, Kind::suspend);
  Asker here{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(eventually([&] { return world.server.asked() == 1; }));
  REQUIRE(world.known(waiting).taken_at);
  world.clock.ahead = 120;  // as if it had been stopped for so long
  PlatformJobs there{world.store(),
                     {.platform = 7, .holder = "there"},
                     [&] {
                       world.context.now = world.clock.now();
                       return world.context;
                     },
                     [] {}};
  REQUIRE(there.acquire(world.clock.now()) == Lease::acquired);
  REQUIRE(world.known(waiting).done_at);  // and its operator is told that it failed
  const std::int64_t later = world.request(2, Kind::refresh);
  CHECK(eventually([&] { return here.runner.counts().calls == 1; }));
  world.clock.ahead = 200;  // whoever was there is gone
  REQUIRE(world.done(later));
  CHECK(world.changes(1) == 0);
}

TEST_CASE("times written by a clock that ran ahead delay no request") {
  AskedPlatform7 world{1};
  const std::int64_t id = world.request(0, Kind::refresh);
  world.store().take_platform_requests(7, world.clock.now() + std::chrono::hours{9000}, 9);
  world.store().set_refreshed_at(world.iccid(0), world.clock.now() + std::chrono::hours{9000});
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(world.done(id));
  CHECK(world.known(id).failure == "");
}

TEST_CASE("an action that a profile does not have does not change the health of the platform") {
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

TEST_CASE("an HTTP client that cannot be made is a failure of its platform, and is tried again") {
  AskedPlatform7 world{2};
  const std::int64_t first = world.request(0, Kind::refresh);
  std::atomic<int> made = 0;
  Asker asker{world.folder(),
              "here",
              world.platform,
              world.clock,
              world.context,
              [&](HttpOptions options) -> std::unique_ptr<HttpClient> {
                switch (++made) {
                  case 1:
                    throw HttpError{HttpError::Kind::unreachable, "no libcurl today"};
                  case 2:
                    throw 42;
                  default:
                    return make_http_client(std::move(options));
                }
              }};
  REQUIRE(world.done(first));
  CHECK(world.known(first).failure.find("no libcurl today") != std::string::npos);
  CHECK(world.store().platforms().at(0).health.fault == "unreachable");
  REQUIRE(eventually([&] {  // the platform is tried again, with whatever requests there are
    const std::int64_t id = world.request(1, Kind::refresh);
    return world.done(id) && world.known(id).failure.empty();
  }));
  CHECK(made >= 3);
  CHECK(asker.logged("no libcurl today") == 1);
  CHECK(asker.logged("answers again") == 1);
}

TEST_CASE("a runner whose store cannot be opened tries again, and logs it once") {
  AskedPlatform7 world{1};
  const std::int64_t id = world.request(0, Kind::refresh);
  std::atomic<int> opened = 0;
  std::atomic<int> logged = 0;
  PlatformRunner runner{world.platform,
                        {.holder = "here"},
                        {.clock = world.clock,
                         .open_store = [&]() -> std::unique_ptr<Store> {
                           if (++opened < 3) throw std::runtime_error{"no store today"};
                           return open_store("sqlite:" + world.folder() + "/cards.db");
                         },
                         .context = [&](const std::string&) { return world.context; },
                         .changed = [] {},
                         .log =
                             [&](LogLevel, const std::string& text) {
                               if (text.find("no store today") != std::string::npos) ++logged;
                             }}};
  runner.start();
  REQUIRE(world.done(id));
  CHECK(logged == 1);
}

TEST_CASE("a runner stops within a second while another connection locks the store") {
  using std::chrono::steady_clock;
  AskedPlatform7 world{3};
  world.server.slow_down(std::chrono::milliseconds{300});
  world.platform.limits.concurrency = 3;
  for (int i = 0; i < 3; ++i) world.request(i, Kind::refresh);
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(eventually([&] { return world.server.asked() >= 3; }));
  const auto other = open_store("sqlite:" + world.folder() + "/cards.db");
  const Transaction lock{*other};  // BEGIN IMMEDIATE
  // The answers have come and cannot be stored.
  REQUIRE(eventually([&] { return asker.logged("waiting for the store") == 1; }));
  const auto since = steady_clock::now();
  asker.runner.notify();
  CHECK(steady_clock::now() - since < std::chrono::milliseconds{500});
  asker.runner.stop();
  CHECK(steady_clock::now() - since < std::chrono::seconds{1});
}

TEST_CASE("an answer that comes while the store is locked is stored later") {
  AskedPlatform7 world{1};
  world.server.slow_down(std::chrono::milliseconds{300});
  const std::int64_t id = world.request(0, Kind::suspend);
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(eventually([&] { return world.server.asked() >= 1; }));
  {
    const auto other = open_store("sqlite:" + world.folder() + "/cards.db");
    const Transaction lock{*other};
    REQUIRE(eventually([&] { return asker.logged("waiting for the store") == 1; }));
  }
  REQUIRE(world.done(id));
  CHECK(world.known(id).failure == "");
  CHECK(world.known(id).status == "suspended");
  CHECK(world.changes(0) == 1);
}

TEST_CASE("while the store's file is away no request is taken from it") {
  AskedPlatform7 world{1};
  const std::string path = world.folder() + "/cards.db";
  Asker asker{world.folder(), "here", world.platform, world.clock, world.context};
  REQUIRE(eventually([&] { return !lease_holder(world.store(), 7, world.clock.now()).empty(); }));
  std::filesystem::rename(path, path + ".away");
  const std::int64_t id = world.request(0, Kind::suspend);
  asker.runner.notify();
  REQUIRE(
      eventually([&] { return asker.logged("Put the file back, or restart the daemon") == 1; }));
  CHECK(world.changes(0) == 0);
  std::filesystem::rename(path + ".away", path);
  CHECK(world.done(id));
  CHECK(world.changes(0) == 1);
}
