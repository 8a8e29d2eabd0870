// SPDX-License-Identifier: Apache-2.0
// What keeps a wave of not_found back: when it is one, what is applied meanwhile, and how it ends.
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/platform_operations.h"
#include "operations_bench.h"
#include "refresh/platform_jobs.h"

using namespace iotcard;
using Kind = CardAnswer::Kind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::int64_t acme = 3;
constexpr hours max_age{24};
constexpr NotFoundLimit limit{.share = 10, .count = 3};

Iccid numbered(int n) {
  std::string digits = std::to_string(n);
  return iccid_of(("898604000000000" + std::string(5 - digits.size(), '0') + digits).c_str());
}

struct Fleet : OperationsBench {
  explicit Fleet(int cards) : size(cards) {
    store().set_platforms({{.id = acme, .name = "Acme", .profile = "jasper"}});
    for (int i = 0; i < cards; ++i) {
      add_card(store(), context, numbered(i),
               std::vector<FieldChange>{{"platform", "3"}, {"status", "active"}});
    }
    events();
  }
  AppliedAnswer take(int card, Kind kind, bool requested = false) {
    context.now += seconds{1};
    CardAnswer answer{.asked = numbered(card), .kind = kind};
    if (kind == Kind::found) answer.fields = {{"status", "active"}};
    return apply_answer(store(), context, acme, answer, max_age, limit, requested);
  }
  AppliedAnswer gone(int card) { return take(card, Kind::not_found); }
  AppliedAnswer found(int card) { return take(card, Kind::found); }
  NotFoundRound round() { return store().not_found_round(acme); }
  PlatformFacts facts() { return describe_platforms(store(), context).at(0); }
  int not_found() {
    int count = 0;
    for (int i = 0; i < size; ++i) {
      const auto card = store().find_card(numbered(i));
      if (card && card->card.status == CardStatus::not_found) ++count;
    }
    return count;
  }
  bool due(int card) {
    for (const Iccid& iccid : store().cards_to_ask(acme, context.now - max_age, 1000)) {
      if (iccid == numbered(card)) return true;
    }
    return false;
  }
  const int size;
};

}  // namespace

TEST_CASE("when a platform does not find its cards any more, none of that is applied") {
  Fleet fleet{40};
  std::vector<std::string> notices;
  for (int i = 0; i < 40; ++i) {
    const AppliedAnswer applied = fleet.gone(i);
    CHECK(applied.held);
    if (!applied.notice.empty()) notices.push_back(applied.notice);
  }
  CHECK(fleet.not_found() == 0);
  CHECK(fleet.events().empty());
  CHECK(fleet.round().held == 40);
  CHECK(fleet.round().wave_since);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("does not find 4 cards that it had, of 4 that") == 0);
  CHECK(notices[0].find("accept-not-found 3") != std::string::npos);
  CHECK(state_of(fleet.facts()) == PlatformState::failing);
  CHECK(failure_of(fleet.facts()).find("does not find 40 cards") != std::string::npos);

  // Not again and again either, an hour later and in the next round.
  for (const auto later : {minutes{61}, minutes{25 * 60}}) {
    fleet.context.now += later;
    for (int i = 0; i < 40; ++i) CHECK(fleet.gone(i).held);
  }
  CHECK(fleet.not_found() == 0);
  CHECK(fleet.round().held == 40);
}

TEST_CASE("a wave that begins after many good answers is held back from its first card on") {
  Fleet fleet{200};
  for (int i = 0; i < 150; ++i) fleet.found(i);
  CHECK_FALSE(fleet.round().began);
  for (int i = 150; i < 200; ++i) CHECK(fleet.gone(i).held);
  CHECK(fleet.round().wave_since);
  CHECK(fleet.not_found() == 0);
  CHECK(fleet.events().empty());
}

TEST_CASE("many good answers of the same round do not hide a wave") {
  Fleet fleet{330};
  fleet.gone(0);
  for (int i = 1; i < 300; ++i) fleet.found(i);
  fleet.context.now += minutes{11};
  CHECK_FALSE(fleet.gone(0).held);  // one that is really gone; the round goes on
  CHECK(fleet.not_found() == 1);
  for (int i = 300; i < 320; ++i) CHECK(fleet.gone(i).held);
  CHECK(fleet.round().wave_since);
  fleet.context.now += minutes{61};
  for (int i = 300; i < 320; ++i) CHECK(fleet.gone(i).held);
  CHECK(fleet.not_found() == 1);
}

TEST_CASE("cards that are really gone, one now and then, are no wave") {
  Fleet fleet{400};
  for (int gone = 0; gone < 40; ++gone) {
    fleet.gone(gone);
    for (int i = 0; i < 30; ++i) fleet.found(100 + (gone * 30 + i) % 300);
    fleet.context.now += minutes{11};
    CHECK_FALSE(fleet.gone(gone).held);
    CHECK_FALSE(fleet.round().wave_since);
  }
  CHECK(fleet.not_found() == 40);
}

TEST_CASE("a wave ends when the platform finds its cards again") {
  Fleet fleet{40};
  for (int i = 0; i < 40; ++i) fleet.gone(i);
  std::string notice;
  for (int i = 0; i < 40; ++i) {
    const AppliedAnswer applied = fleet.found(i);
    if (!applied.notice.empty()) notice = applied.notice;
  }
  CHECK(notice.find("finds enough of its cards again") == 0);
  CHECK(fleet.round() == NotFoundRound{});
  CHECK(state_of(fleet.facts()) != PlatformState::failing);
  CHECK(fleet.not_found() == 0);
  CHECK(fleet.events().empty());
}

TEST_CASE("an operator who accepts it lets a wave through, what is held and what follows") {
  Fleet fleet{40};
  for (int i = 0; i < 30; ++i) fleet.gone(i);
  remove_card(fleet.store(), fleet.context, numbered(7), true);
  CHECK(fleet.round().held == 29);
  CHECK(accept_not_found(fleet.store(), fleet.context, acme, max_age) == 29);
  CHECK(fleet.not_found() == 29);
  CHECK(fleet.events().size() == 29);  // each card is told of
  CHECK(fleet.round().held == 0);
  CHECK(state_of(fleet.facts()) != PlatformState::failing);
  CHECK_FALSE(fleet.gone(30).held);
  CHECK(fleet.not_found() == 30);
  CHECK(accept_not_found(fleet.store(), fleet.context, acme, max_age) == 0);
  fleet.context.now += max_age;  // from then on the guard is back
  CHECK(fleet.gone(31).held);
  CHECK_THROWS_AS(accept_not_found(fleet.store(), fleet.context, 99, max_age), OperationError);
}

TEST_CASE("a single card that is gone is applied when it is not found a second time") {
  Fleet fleet{40};
  CHECK(fleet.gone(0).held);
  CHECK_FALSE(fleet.due(0));
  fleet.context.now += minutes{11};
  CHECK(fleet.due(0));
  SECTION("and the platform has found enough others since") {
    for (int i = 1; i < 9; ++i) fleet.found(i);
    CHECK(fleet.gone(0).held);  // one of nine
    fleet.found(9);
    CHECK_FALSE(fleet.gone(0).held);
    CHECK(fleet.not_found() == 1);
    CHECK(fleet.events().size() == 1);
  }
  SECTION("or a whole round has passed without a wave") {
    CHECK(fleet.gone(0).held);
    fleet.context.now += max_age;
    CHECK_FALSE(fleet.gone(0).held);
    CHECK(fleet.not_found() == 1);
  }
  SECTION("or it was a slip") {
    fleet.found(0);
    CHECK(fleet.round() == NotFoundRound{});
    CHECK(fleet.not_found() == 0);
    CHECK(fleet.events().empty());
  }
}

TEST_CASE("both the number and the share must be exceeded") {
  Fleet fleet{100};
  fleet.gone(0);
  for (int i = 10; i < 90; ++i) fleet.found(i);
  for (int i = 1; i < 8; ++i) CHECK(fleet.gone(i).notice.empty());  // 8 of 88
  CHECK_FALSE(fleet.round().wave_since);
  CHECK(fleet.gone(8).notice.find("does not find 9 cards that it had, of 89") == 0);
  CHECK(fleet.round().wave_since);
}

TEST_CASE("a platform with few cards has no wave") {
  Fleet fleet{3};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(fleet.gone(i).held);
  CHECK(fleet.not_found() == 3);
  CHECK(fleet.events().size() == 3);
  CHECK(fleet.round() == NotFoundRound{});
}

TEST_CASE("what an operator asks for is applied at once, up to the number of a wave") {
  Fleet fleet{40};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(fleet.take(i, Kind::not_found, true).held);
  CHECK(fleet.not_found() == 3);
  CHECK(fleet.take(3, Kind::not_found, true).held);  // a script that asks about each card
  CHECK(fleet.round().wave_since);
}

TEST_CASE("what an operator asks for counts on both sides, found or not") {
  Fleet fleet{100};
  for (int i = 0; i < 4; ++i) fleet.take(i, Kind::not_found, true);
  CHECK(fleet.round().wave_since);
  for (int i = 10; i < 45; ++i) fleet.take(i, Kind::found, true);
  CHECK(fleet.round().found == 35);
  CHECK(fleet.round().wave_since);  // 4 of 39
  CHECK(fleet.take(45, Kind::found, true).notice.find("finds enough of its cards again") == 0);
  CHECK_FALSE(fleet.round().wave_since);
}

TEST_CASE("one card that is refreshed again and again does not hide a wave") {
  Fleet fleet{400};
  fleet.gone(0);
  for (int i = 0; i < 5000; ++i) fleet.take(399, Kind::found, true);
  for (int i = 1; i < 40; ++i) fleet.gone(i);
  CHECK(fleet.round().wave_since);
  CHECK(fleet.not_found() == 0);
}

TEST_CASE("a card that is not_found already, or unknown, is no part of a wave") {
  Fleet fleet{40};
  for (int i = 0; i < 3; ++i) fleet.take(i, Kind::not_found, true);
  fleet.context.now += max_age;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(fleet.gone(i).held);
  for (int i = 100; i < 120; ++i) CHECK_FALSE(fleet.gone(i).held);
  CHECK(fleet.round().held == 0);
  CHECK_FALSE(fleet.round().wave_since);
}

TEST_CASE("a card that moves to another platform is no longer held back") {
  Fleet fleet{40};
  for (int i = 0; i < 10; ++i) fleet.gone(i);
  set_card(fleet.store(), fleet.context, numbered(0), std::vector<FieldChange>{{"platform", "4"}});
  CHECK(fleet.round().held == 9);
  CHECK(accept_not_found(fleet.store(), fleet.context, acme, max_age) == 9);
}
