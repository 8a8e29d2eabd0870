// SPDX-License-Identifier: Apache-2.0
// The list of published events as an operator reads it, over several clients and page by page.
#include "operations/event_history.h"

#include <catch2/catch.hpp>
#include <set>

#include "support/store_writes.h"

using namespace iotcard;

namespace {

const Instant today = *parse_time("2026-11-25");

struct World {
  void append(const std::string& client, const std::string& number, int seconds) {
    append_event(*store, client,
                 {EventKind::report_no_card, DeviceKey{"1", number}, std::nullopt,
                  today + std::chrono::seconds{seconds}, "{}"});
  }
  void publish_all(const std::string& client) {
    store->mark_published(client, store->last_sequence());
  }
  // The device numbers from page to page; checks that no page is larger.
  std::vector<std::string> walk(const EventFilter& filter, int max_rows) {
    std::vector<std::string> numbers;
    std::optional<std::string> cursor;
    pages = 0;
    do {
      const EventPage page = event_page(*store, filter, cursor, max_rows);
      CHECK(std::ssize(page.rows) <= max_rows);
      for (const OutboxRow& row : page.rows) {
        numbers.push_back(row.topic.substr(row.topic.rfind('/') + 1));
      }
      cursor = page.next_cursor;
      REQUIRE(++pages < 100);
    } while (!cursor->empty());
    return numbers;
  }

  std::unique_ptr<Store> store = open_store("sqlite::memory:");
  int pages = 0;
};

}  // namespace

TEST_CASE("the events of several clients are listed by time, the newest first") {
  World world;
  world.append("a", "A1", 1);
  world.append("b", "B2", 2);
  world.append("a", "A3", 3);
  world.append("b", "B3", 3);
  world.append("a", "A9", 9);
  world.append("b", "B4", 4);
  world.publish_all("a");
  world.publish_all("b");
  const std::vector<std::string> all{"A9", "B4", "B3", "A3", "B2", "A1"};
  for (int size = 1; size <= 7; ++size) CHECK(world.walk({}, size) == all);
  CHECK(world.walk({.device = DeviceKey{"1", "B3"}}, 2) == std::vector<std::string>{"B3"});
  CHECK(world.walk(
            {.since = today + std::chrono::seconds{3}, .before = today + std::chrono::seconds{9}},
            2) == std::vector<std::string>{"B4", "B3", "A3"});
}

TEST_CASE("waiting events are not listed, nor are events that come while a list is read") {
  World world;
  for (int i = 1; i <= 3; ++i) world.append("a", "A" + std::to_string(i), i);
  world.store->mark_published("a", 2);
  const EventPage first = event_page(*world.store, {}, {}, 1);
  REQUIRE(first.rows.size() == 1);
  CHECK(first.rows[0].sequence == 2);
  world.publish_all("a");
  const EventPage second = event_page(*world.store, {}, first.next_cursor, 5);
  REQUIRE(second.rows.size() == 1);
  CHECK(second.rows[0].sequence == 1);
  CHECK(second.next_cursor.empty());
}

TEST_CASE("a page reads a bounded number of events, and says that there are more") {
  World world;
  {
    Transaction transaction{*world.store};
    world.append("a", "FIRST", 0);
    for (int i = 0; i < 45'000; ++i) world.append("a", "D", 1 + i);
    transaction.commit();
  }
  world.publish_all("a");
  CHECK(world.walk({.device = DeviceKey{"1", "FIRST"}}, 10) == std::vector<std::string>{"FIRST"});
  CHECK(world.pages == 3);
  // A time is found, so what is older is not read.
  CHECK(world.walk({.device = DeviceKey{"1", "FIRST"}, .since = today + std::chrono::days{2}}, 10)
            .empty());
  CHECK(world.pages == 1);
}

TEST_CASE("a cursor is of one filter, and of this list") {
  World world;
  for (int i = 0; i < 3; ++i) world.append("a", "A", i);
  world.publish_all("a");
  const EventPage page = event_page(*world.store, {}, {}, 1);
  const EventFilter another{.device = DeviceKey{"1", "A"}};
  CHECK_THROWS_AS(event_page(*world.store, another, page.next_cursor, 1), OperationError);
  // An age is another time in each request.
  CHECK(event_page(*world.store, {.since = today}, page.next_cursor, 1).rows.size() == 1);
  CHECK_THROWS_AS(event_page(*world.store, {}, "nonsense", 1), OperationError);
  CHECK_THROWS_AS(event_page(*world.store, {}, "", 1), OperationError);
}

TEST_CASE("who has seen some events learns whether the history has all that follow") {
  World world;
  CHECK_FALSE(events_behind(*world.store, "a", 0, 10));
  world.store->set_journal_position("a", {1, 0});
  world.store->set_journal_position("b", {1, 0});
  CHECK_THROWS_AS(require_history(*world.store), OperationError);
  for (int i = 0; i < 6; ++i) world.append("a", "A", i);
  world.store->keep_history("a", true);
  CHECK_NOTHROW(require_history(*world.store));
  world.store->mark_published("a", 4);
  auto behind = events_behind(*world.store, "a", 1, 2).value();
  CHECK(behind.complete_after == 0);
  CHECK(behind.rows.size() == 2);
  CHECK(behind.rows[0].sequence == 2);
  CHECK(behind.oldest == 1);
  CHECK(behind.newest == 4);
  CHECK(behind.last == 6);
  world.store->remove_events("a", 2);
  CHECK(events_behind(*world.store, "a", 1, 2)->complete_after == 2);
  CHECK(events_behind(*world.store, "a", 4, 2)->rows.empty());
}
