// SPDX-License-Identifier: Apache-2.0
// What operators want of platforms, and who asks them.
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/platform_operations.h"
#include "operations_bench.h"
#include "refresh/platform_jobs.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const Iccid one = iccid_of("898604293620C0000970");
const Iccid two = iccid_of("89860617060065258667");

struct Desk : OperationsBench {
  Desk() {
    store().set_platforms({{.id = 3, .name = "SIMBoss", .profile = "simboss", .health = {}}});
  }
  void add(const Iccid& iccid, const std::string& platform) {
    add_card(store(), context, iccid, std::vector<FieldChange>{{"platform", platform}});
  }
  PlatformRequest request(const Iccid& iccid, PlatformRequestKind kind) {
    return request_platform(store(), context, iccid, kind);
  }
  std::pair<OperationError::Kind, std::string> refusal(const Iccid& iccid) {
    try {
      request(iccid, PlatformRequestKind::refresh);
    } catch (const OperationError& error) {
      return {error.kind(), error.what()};
    }
    FAIL("was not refused");
    return {};
  }
  bool acquire(const std::string& holder) {
    return acquire_lease(store(), 3, holder, context.now, std::chrono::seconds{60});
  }
};

}  // namespace

TEST_CASE("a request says who wants what of which platform, and there is one refresh at a time") {
  Desk desk;
  desk.add(one, "3");
  const PlatformRequest refresh = desk.request(one, PlatformRequestKind::refresh);
  CHECK(refresh.platform == 3);
  CHECK(refresh.requested_by == "ann");
  CHECK(refresh.requested_at == desk.context.now);
  CHECK(desk.store().find_platform_request(refresh.id) == refresh);
  desk.context.by = "bob";
  CHECK(desk.request(one, PlatformRequestKind::refresh) == refresh);
  CHECK(desk.request(one, PlatformRequestKind::suspend).requested_by == "bob");
  desk.store().take_platform_requests(3, desk.context.now, 9);
  CHECK(desk.request(one, PlatformRequestKind::refresh).id == refresh.id);
  desk.store().finish_platform_request(refresh.id, desk.context.now, "", "active");
  CHECK(desk.request(one, PlatformRequestKind::refresh).id > refresh.id);
}

TEST_CASE("a request about a card that no platform can be asked about is refused") {
  Desk desk;
  CHECK(desk.refusal(one).first == OperationError::Kind::not_found);
  desk.add(one, "");
  CHECK(desk.refusal(one).first == OperationError::Kind::conflict);
  desk.add(two, "7");
  CHECK(desk.refusal(two).first == OperationError::Kind::conflict);
  CHECK_THAT(desk.refusal(two).second, Contains("platform 7") && Contains("[[platform]]"));
}

TEST_CASE("an unknown card that the platform failed at is asked for sooner than one it denied") {
  using std::chrono::minutes;
  Desk desk;
  PlatformJobs jobs{
      desk.store(),
      {.platform = 3, .holder = "us", .miss_ttl = minutes{60}, .interval = minutes{1}},
      [&] { return desk.context; },
      [] {}};
  desk.report_card("1/D1", "898604293620C0000970");
  desk.report_card("1/D2", "89860617060065258667");
  REQUIRE(jobs.unknown(desk.context.now, 9).size() == 2);
  jobs.apply({.asked = one, .kind = CardAnswer::Kind::failed, .failure = "no JSON"});
  jobs.apply({.asked = two, .kind = CardAnswer::Kind::not_found});
  desk.context.now += minutes{9};
  CHECK(jobs.unknown(desk.context.now, 9).empty());
  desk.context.now += minutes{2};
  CHECK(jobs.unknown(desk.context.now, 9) == std::vector{one});
  desk.context.now += minutes{50};
  CHECK(jobs.unknown(desk.context.now, 9).size() == 2);
}

TEST_CASE("one holder at a time has the lease of a platform") {
  Desk desk;
  CHECK(desk.acquire("here 1"));
  CHECK_FALSE(desk.acquire("there"));
  desk.context.now += std::chrono::seconds{40};
  CHECK(desk.acquire("here 1"));
  desk.context.now += std::chrono::seconds{40};
  CHECK_FALSE(desk.acquire("there"));
  desk.context.now += std::chrono::seconds{21};
  CHECK(desk.acquire("there"));
  CHECK_FALSE(desk.acquire("here 1"));
  release_lease(desk.store(), 3, "here 1");
  CHECK_FALSE(desk.acquire("here 1"));
  release_lease(desk.store(), 3, "there");
  CHECK(desk.acquire("here 1"));
}

TEST_CASE("a lease that is young is held without writing to the store") {
  Desk desk;
  desk.acquire("here");
  const auto other = open_store("sqlite:" + desk.folder() + "/cards.db");
  const auto version = other->data_version();
  desk.context.now += std::chrono::seconds{20};
  CHECK(desk.acquire("here"));
  CHECK(other->data_version() == version);
  desk.context.now += std::chrono::seconds{20};
  CHECK(desk.acquire("here"));
  CHECK(other->data_version() != version);
}

TEST_CASE("a lease that a clock took that ran ahead keeps nobody off for long") {
  Desk desk;
  const Instant now = desk.context.now;
  desk.context.now += std::chrono::hours{1000};
  desk.acquire("there");
  desk.context.now = now;
  CHECK(desk.acquire("here"));
}

TEST_CASE("each platform is described with its health, its queue and who asks it") {
  Desk desk;
  desk.add(one, "3");
  desk.store().save_platform_health(3, {.failures = 2, .failure = "no answer"});
  desk.acquire("here");
  const auto facts = describe_platforms(desk.store(), desk.context);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].row.name == "SIMBoss");
  CHECK(facts[0].row.health.failures == 2);
  CHECK(facts[0].age.cards == 1);
  CHECK(facts[0].age.never == 1);
  CHECK(facts[0].asked_by == "here");
  desk.context.now += std::chrono::hours{1};
  CHECK(describe_platforms(desk.store(), desk.context)[0].asked_by == "");
}
