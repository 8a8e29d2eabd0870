// SPDX-License-Identifier: Apache-2.0
// Whose turn it is to be asked about.
#include <catch2/catch.hpp>

#include "platform/ask_queue.h"

using namespace iotcard;

namespace {

Iccid card(int number) {
  return *Iccid::from_canonical("898604000000000" + std::to_string(10000 + number));
}

// A desk on which things lie until they are answered.
struct Desk : PlatformJobs {
  Held hold(Instant) override { return Held::still; }
  void let_go() noexcept override {}
  std::vector<PlatformJob> requests(Instant, int most) override {
    std::vector<PlatformJob> given;
    while (!asked.empty() && given.size() < static_cast<std::size_t>(most)) {
      given.push_back(asked.front());
      asked.erase(asked.begin());
    }
    return given;
  }
  void give_back(const PlatformJob&) override {}
  std::vector<Iccid> unknown(Instant, int most) override { return some(unknown_cards, most); }
  std::vector<Iccid> stale(Instant, int most) override { return some(stale_cards, most); }
  std::vector<std::string> take(const std::vector<CardAnswer>&) override { return {}; }
  void finish(const PlatformJob&, const std::string&) override {}
  PlatformHealth health() override { return {}; }
  void save_health(const PlatformHealth&) override {}

  std::vector<Iccid> some(const std::vector<Iccid>& cards, int most) {
    ++looks;
    const auto count = std::min(cards.size(), static_cast<std::size_t>(most));
    return {cards.begin(), cards.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  std::vector<PlatformJob> asked;
  std::vector<Iccid> unknown_cards;
  std::vector<Iccid> stale_cards;
  int looks = 0;
};

const Instant start = *parse_time("2026-11-25T08:00:00Z");

std::vector<Iccid> cards_of(const std::optional<AskQueue::Task>& task) {
  return task ? task->cards : std::vector<Iccid>{};
}

}  // namespace

TEST_CASE("requests come first, then unknown and stale cards by turns") {
  Desk desk;
  AskQueue queue{desk, 1, 1};
  desk.asked = {{.id = 1, .card = card(1)}};
  desk.unknown_cards = {card(2), card(3)};
  desk.stale_cards = {card(4), card(5)};
  std::vector<Iccid> order;
  for (int i = 0; i < 3; ++i) {
    queue.look(start);
    const auto task = queue.next(start);
    REQUIRE(task);
    order.push_back(task->cards.at(0));
    queue.done(*task);
  }
  CHECK(order == std::vector{card(1), card(2), card(4)});
}

TEST_CASE("no card is asked about twice at once, wherever it comes from") {
  Desk desk;
  AskQueue queue{desk, 2, 3};
  desk.unknown_cards = {card(1), card(1), card(2)};
  desk.stale_cards = {card(2), card(3)};
  desk.asked = {{.id = 1, .card = card(3)}};
  queue.look(start);
  const auto request = queue.next(start);
  CHECK(request->request->id == 1);
  const auto unknown = queue.next(start);
  CHECK(cards_of(unknown) == std::vector{card(1), card(2)});
  CHECK_FALSE(queue.next(start));
  queue.look(start + AskQueue::look_interval);
  CHECK_FALSE(queue.next(start));
  CHECK(queue.under_way() == 2);
  queue.done(*unknown);
  queue.done(*request);
  desk.unknown_cards.clear();
  queue.look(start + 2 * AskQueue::look_interval);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2), card(3)});
}

TEST_CASE("a card may be asked about again only after its interval, but acted on at once") {
  Desk desk;
  AskQueue queue{desk, 1, 1};
  const Instant later = start + std::chrono::seconds{40};
  desk.asked = {{.id = 1, .card = card(1), .not_before = later},
                {.id = 2, .card = card(2), .action = CardAction::suspend, .not_before = later}};
  queue.look(start);
  CHECK(queue.next(start)->request->id == 2);
  CHECK_FALSE(queue.next(start));
  CHECK(queue.next(later)->request->id == 1);
}

TEST_CASE("a storm fills no memory, and an empty desk is looked at once a second") {
  Desk desk;
  for (int i = 0; i < 10'000; ++i) desk.unknown_cards.push_back(card(i));
  AskQueue queue{desk, 10, 2};
  queue.look(start);
  std::size_t asked = 0;
  for (auto task = queue.next(start); task; task = queue.next(start)) asked += task->cards.size();
  CHECK(asked == 20);
  Desk empty;
  AskQueue idle{empty, 10, 2};
  for (int i = 0; i < 1000; ++i) idle.look(start + std::chrono::milliseconds{i});
  CHECK(empty.looks == 2);
  idle.look_at_once();
  idle.look(start);
  CHECK(empty.looks == 4);
}

TEST_CASE("an unknown card without an answer is asked about behind the others") {
  Desk desk;
  AskQueue queue{desk, 1, 2};
  desk.unknown_cards = {card(1), card(2)};
  queue.look(start);
  const auto task = queue.next(start);
  queue.done(*task);
  queue.ask_later(task->cards);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2)});
  CHECK(cards_of(queue.next(start)) == std::vector{card(1)});
}

TEST_CASE("an unknown card that the platform always fails at keeps no other from its turn") {
  Desk desk;
  AskQueue queue{desk, 1, 1};
  desk.unknown_cards = {card(1)};
  for (int i = 0; i < 3; ++i) {  // there is no other yet
    queue.look(start);
    const auto task = queue.next(start);
    REQUIRE(cards_of(task) == std::vector{card(1)});
    desk.unknown_cards.clear();
    queue.done(*task);
    queue.ask_later(task->cards);
  }
  desk.unknown_cards = {card(2)};
  queue.look(start + AskQueue::look_interval);
  CHECK(cards_of(queue.next(start)) == std::vector{card(2)});
}

TEST_CASE("what waits for a card's interval keeps out nothing that may begin") {
  Desk desk;
  AskQueue queue{desk, 1, 1};
  const Instant later = start + std::chrono::hours{24};
  for (int i = 0; i < 300; ++i) {
    desk.asked.push_back({.id = i, .card = card(i), .not_before = later});
  }
  desk.asked.push_back({.id = 900, .card = card(900), .action = CardAction::suspend});
  Instant now = start;
  for (int i = 0; i < 5; ++i, now += AskQueue::look_interval) queue.look(now);
  const auto task = queue.next(now);
  REQUIRE(task);
  CHECK(task->request->id == 900);
}
