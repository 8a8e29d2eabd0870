// SPDX-License-Identifier: Apache-2.0
// Published events over the limits of [retention] are deleted, on a real store; waiting ones never.
#include "upkeep/event_sweeper.h"

#include <catch2/catch.hpp>
#include <thread>

#include "store/event_search.h"
#include "support/store_writes.h"

using namespace iotcard;

namespace {

const Instant today = *parse_time("2026-11-25");
constexpr std::chrono::hours hour{1};

struct World {
  World() { retention.events_age = std::chrono::days{7}; }
  // Events of these hours before today.
  void append(const std::string& client, const std::vector<int>& hours_ago) {
    Transaction transaction{*store};
    for (const int hours : hours_ago) {
      append_event(*store, client,
                   {EventKind::report_no_card, DeviceKey{"1", "D"}, std::nullopt,
                    today - hours * hour, "{}"});
    }
    transaction.commit();
  }
  void publish_all(const std::string& client) {
    store->mark_published(client, store->last_sequence());
  }
  // One plan and all its steps; returns how many steps.
  int sweep(EventSweeper& sweeper) {
    int steps = 1;
    while (sweeper.step(retention, today)) ++steps;
    return steps;
  }
  std::int64_t kept(const std::string& client) {
    return std::ssize(store->published_events(client, 0, 100'000));
  }

  std::unique_ptr<Store> store = open_store("sqlite::memory:");
  Retention retention;
  const std::chrono::seconds at_once{0};
};

}  // namespace

TEST_CASE("waiting events are never deleted, whatever the limits") {
  World world;
  world.append("a", std::vector<int>(50, 24 * 30));
  world.retention.events = 1;
  EventSweeper sweeper{*world.store, world.at_once};
  world.sweep(sweeper);
  CHECK(world.store->count_outbox("a") == 50);
  world.store->mark_published("a", 20);
  EventSweeper another{*world.store, world.at_once};
  world.sweep(another);
  CHECK(world.store->count_outbox("a") == 30);
  CHECK(world.kept("a") == 0);
}

TEST_CASE("over the limit the oldest events are deleted, and an eighth more") {
  World world;
  world.retention.events = 1000;
  world.append("a", std::vector<int>(1000, 0));
  world.publish_all("a");
  EventSweeper sweeper{*world.store};
  world.sweep(sweeper);
  CHECK(world.kept("a") == 1000);
  world.append("a", {0});
  world.publish_all("a");
  EventSweeper another{*world.store};
  world.sweep(another);
  CHECK(world.kept("a") == 875);
  CHECK(world.store->oldest_event("a") == 127);
}

TEST_CASE("a step deletes a bounded number, but more than was added since the last one") {
  World world;
  world.retention.events = 1000;
  world.append("a", std::vector<int>(6000, 0));
  world.publish_all("a");
  EventSweeper sweeper{*world.store};
  CHECK(sweeper.step(world.retention, today));
  CHECK(world.kept("a") == 6000 - 512);
  world.append("a", std::vector<int>(2000, 0));
  world.publish_all("a");
  CHECK(sweeper.step(world.retention, today));
  CHECK(world.kept("a") == 6000 - 512 - 2000);
}

TEST_CASE("events over the age are deleted, at the first one that is younger") {
  World world;
  world.append("a", {24 * 9, 24 * 8, 24 * 7 + 1, 24 * 7, 24 * 6, 0});
  world.append("b", {24 * 8, 1});
  world.publish_all("a");
  world.store->mark_published("b", 7);
  EventSweeper sweeper{*world.store, world.at_once};
  world.sweep(sweeper);
  CHECK(world.store->oldest_event("a") == 4);
  CHECK_FALSE(world.store->oldest_event("b"));  // the other one waits
  CHECK(world.store->count_outbox("b") == 1);
}

TEST_CASE("by age nothing is deleted soon after the start, when the clock may be wrong") {
  World world;
  world.append("a", {24 * 9, 0});
  world.publish_all("a");
  EventSweeper sweeper{*world.store};
  world.sweep(sweeper);
  CHECK(world.kept("a") == 2);
}

TEST_CASE("with the history off all published events are deleted, also of clients that are gone") {
  World world;
  SECTION("by number") {
    world.retention.events = 0;
  }
  SECTION("by age") {
    world.retention.events_age = std::chrono::seconds{0};
  }
  world.append("gone", std::vector<int>(700, 0));
  world.publish_all("gone");
  world.append("here", {0, 0});
  world.store->mark_published("here", 701);
  EventSweeper sweeper{*world.store};
  world.sweep(sweeper);
  CHECK(world.store->event_clients().empty());
  CHECK(world.store->count_outbox("here") == 1);
}

TEST_CASE("the limit is of all clients together: so many newer events") {
  World world;
  world.retention.events = 80;
  world.append("gone", std::vector<int>(60, 0));
  world.publish_all("gone");
  world.append("here", std::vector<int>(60, 0));
  world.publish_all("here");
  EventSweeper sweeper{*world.store};
  world.sweep(sweeper);
  CHECK(world.kept("gone") == 10);
  CHECK(world.kept("here") == 60);
}

TEST_CASE("a time is found among many events by reading a few") {
  World world;
  std::vector<int> hours;
  for (int i = 1000; i > 0; --i) hours.push_back(i);
  world.append("a", hours);
  world.publish_all("a");
  CHECK(find_event_time(*world.store, "a", today - 1001 * hour) == 0);
  CHECK(find_event_time(*world.store, "a", today - 1000 * hour) == 0);
  CHECK(find_event_time(*world.store, "a", today - 999 * hour) == 2);
  CHECK(find_event_time(*world.store, "a", today - 10 * hour) == 991);
  CHECK(find_event_time(*world.store, "a", today) == 1001);
  CHECK(find_event_time(*world.store, "nobody", today) == 0);
  world.store->remove_events("a", 500);
  CHECK(find_event_time(*world.store, "a", today - 10 * hour) == 991);
}
