// SPDX-License-Identifier: Apache-2.0
// Which cards a platform is asked about next.
#include "refresh/job_queue.h"

#include <catch2/catch.hpp>

using namespace iotcard;

namespace {

Iccid card(int number) {
  return *Iccid::from_canonical("898604000000000" + std::to_string(10000 + number));
}

// Returns cards until the test removes them.
struct FakeSource : JobSource {
  std::vector<OperatorRequest> requests(Instant, int max) override {
    std::vector<OperatorRequest> given;
    while (!asked.empty() && given.size() < static_cast<std::size_t>(max)) {
      given.push_back(asked.front());
      asked.erase(asked.begin());
    }
    return given;
  }
  std::vector<Iccid> unknown(Instant, int max) override { return some(unknown_cards, max); }
  std::vector<Iccid> stale(Instant, int max) override { return some(stale_cards, max); }

  std::vector<Iccid> some(const std::vector<Iccid>& cards, int max) {
    ++reads;
    const auto count = std::min(cards.size(), static_cast<std::size_t>(max));
    return {cards.begin(), cards.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  std::vector<OperatorRequest> asked;
  std::vector<Iccid> unknown_cards;
  std::vector<Iccid> stale_cards;
  int reads = 0;
};

const Instant start = *parse_time("2026-11-25T08:00:00Z");

std::vector<Iccid> cards_of(const std::optional<PlatformJob>& task) {
  return task ? task->cards : std::vector<Iccid>{};
}

}  // namespace

TEST_CASE("requests come first, then unknown and stale cards alternately") {
  FakeSource source;
  JobQueue queue{source, 1, 1};
  source.asked = {{.id = 1, .card = card(1)}};
  source.unknown_cards = {card(2), card(3)};
  source.stale_cards = {card(4), card(5)};
  std::vector<Iccid> order;
  for (int i = 0; i < 3; ++i) {
    queue.read(start);
    const auto task = queue.next(start);
    REQUIRE(task);
    order.push_back(task->cards.at(0));
    queue.done(*task);
  }
  CHECK(order == std::vector{card(1), card(2), card(4)});
}

TEST_CASE("no card is asked about twice at once, whichever list it is in") {
  FakeSource source;
  JobQueue queue{source, 2, 3};
  source.unknown_cards = {card(1), card(1), card(2)};
  source.stale_cards = {card(2), card(3)};
  source.asked = {{.id = 1, .card = card(3)}};
  queue.read(start);
  const auto request = queue.next(start);
  CHECK(request->request->id == 1);
  const auto unknown = queue.next(start);
  CHECK(cards_of(unknown) == std::vector{card(1), card(2)});
  CHECK_FALSE(queue.next(start));
  queue.read(start + JobQueue::read_interval);
  CHECK_FALSE(queue.next(start));
  CHECK(queue.under_way() == 2);
  queue.done(*unknown);
  queue.done(*request);
  source.unknown_cards.clear();
  queue.read(start + 2 * JobQueue::read_interval);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2), card(3)});
}

TEST_CASE("a card may be asked about again only after its interval, but acted on at once") {
  FakeSource source;
  JobQueue queue{source, 1, 1};
  const Instant later = start + std::chrono::seconds{40};
  source.asked = {{.id = 1, .card = card(1), .not_before = later},
                  {.id = 2, .card = card(2), .action = CardAction::suspend, .not_before = later}};
  queue.read(start);
  CHECK(queue.next(start)->request->id == 2);
  CHECK_FALSE(queue.next(start));
  CHECK(queue.next(later)->request->id == 1);
}

TEST_CASE("the queue stays bounded in a storm, and an empty source is read once a second") {
  FakeSource source;
  for (int i = 0; i < 10'000; ++i) source.unknown_cards.push_back(card(i));
  JobQueue queue{source, 10, 2};
  queue.read(start);
  std::size_t asked = 0;
  for (auto task = queue.next(start); task; task = queue.next(start)) asked += task->cards.size();
  CHECK(asked == 20);
  FakeSource empty;
  JobQueue idle{empty, 10, 2};
  for (int i = 0; i < 1000; ++i) idle.read(start + std::chrono::milliseconds{i});
  CHECK(empty.reads == 2);
  idle.read_at_once();
  idle.read(start);
  CHECK(empty.reads == 4);
}

TEST_CASE("an unknown card without an answer is asked about after the others") {
  FakeSource source;
  JobQueue queue{source, 1, 2};
  source.unknown_cards = {card(1), card(2)};
  queue.read(start);
  const auto task = queue.next(start);
  queue.done(*task);
  queue.postpone(task->cards);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2)});
  CHECK(cards_of(queue.next(start)) == std::vector{card(1)});
}

TEST_CASE("an unknown card at which the platform always fails does not keep out others") {
  FakeSource source;
  JobQueue queue{source, 1, 1};
  source.unknown_cards = {card(1)};
  for (int i = 0; i < 3; ++i) {  // there is no other yet
    queue.read(start);
    const auto task = queue.next(start);
    REQUIRE(cards_of(task) == std::vector{card(1)});
    source.unknown_cards.clear();
    queue.done(*task);
    queue.postpone(task->cards);
  }
  source.unknown_cards = {card(2)};
  queue.read(start + JobQueue::read_interval);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2)});
}

TEST_CASE("requests that wait for their interval do not keep out those that may begin") {
  FakeSource source;
  JobQueue queue{source, 1, 1};
  const Instant later = start + std::chrono::hours{24};
  for (int i = 0; i < 300; ++i) {
    source.asked.push_back({.id = i, .card = card(i), .not_before = later});
  }
  source.asked.push_back({.id = 900, .card = card(900), .action = CardAction::suspend});
  Instant now = start;
  for (int i = 0; i < 5; ++i, now += JobQueue::read_interval) queue.read(now);
  const auto task = queue.next(now);
  REQUIRE(task);
  CHECK(task->request->id == 900);
}
