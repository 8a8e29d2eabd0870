// SPDX-License-Identifier: Apache-2.0
// What the store keeps of card platforms: how they fare, whose turn it is to be asked about, and
// what they do not know. platform_requests_test.cpp has what operators want of them.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

Card a_card_of(std::int64_t platform, const std::string& text) {
  Card card = a_card(text);
  card.platform = platform;
  return card;
}

PlatformRow a_platform(std::int64_t id, const std::string& name = "cmcc") {
  return {.id = id, .name = name, .profile = "onelink", .health = {}};
}

std::vector<std::string> texts(const std::vector<Iccid>& iccids) {
  std::vector<std::string> found;
  for (const Iccid& iccid : iccids) found.emplace_back(iccid.text());
  return found;
}

const std::vector<std::string> none;

struct UnknownCards : StoreUnderTest {
  // Device `number` reports this ICCID, of this platform.
  void report(int number, const std::string& text, std::optional<std::int64_t> platform = {}) {
    Mismatch mismatch = a_mismatch(device(number), Outcome::card_unknown, text);
    mismatch.platform = platform;
    apply(*store, RaiseMismatch{mismatch});
  }
  UnknownIccids unknown(std::int64_t platform, std::int64_t after_id = 0, int span = 100,
                        int limit = 100, Instant missed_before = at(0)) {
    return store->unknown_to_ask(platform, missed_before, after_id, span, limit);
  }
};

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "setting the platforms keeps the health of those that stay") {
  CHECK(store->platforms().empty());
  store->set_platforms({a_platform(7, "seven"), a_platform(2)});
  const PlatformHealth ill{.failures = 3,
                           .next_try = at(90),
                           .last_answer = at(1),
                           .last_failure = at(2),
                           .fault = "timeout",
                           .failure = "status: no answer within 30 s"};
  store->save_platform_health(2, ill);
  store->save_platform_health(7, ill);
  PlatformRow renamed = a_platform(2, "China Mobile");
  store->set_platforms({renamed, a_platform(3)});
  renamed.health = ill;
  CHECK(store->platforms() == std::vector<PlatformRow>{renamed, a_platform(3)});
  store->set_platforms({a_platform(7, "seven")});
  CHECK(store->platforms() == std::vector<PlatformRow>{a_platform(7, "seven")});
  store->save_platform_health(99, ill);
  CHECK(store->platforms().size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "the card that was asked about longest ago is asked about first") {
  for (const std::string& text : {card_one, card_two, card_three}) {
    store->add_card(a_card_of(1, text));
  }
  store->add_card(a_card_of(2, "89860000000000000001"));
  store->add_card(a_card("89860000000000000002"));
  store->set_asked_at(iccid(card_one), at(20));
  store->set_asked_at(iccid(card_two), at(10));
  CHECK(texts(store->cards_to_ask(1, at(30), 9)) == std::vector{card_three, card_two, card_one});
  CHECK(texts(store->cards_to_ask(1, at(20), 9)) == std::vector{card_three, card_two});
  CHECK(texts(store->cards_to_ask(1, at(30), 1)) == std::vector{card_three});
  CHECK(texts(store->cards_to_ask(3, at(30), 9)) == none);
}

TEST_CASE_METHOD(StoreUnderTest, "set_asked_at is not an update of a card") {
  const Card card = a_card_of(1, card_one);
  store->add_card(card);
  store->set_asked_at(card.iccid, at(20));
  CHECK(store->find_card(card.iccid).value().card == card);
  Card changed = card;
  changed.plan = "30 MB";
  store->update_card(changed);
  CHECK(store->cards_to_ask(1, at(20), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "set_refreshed_at writes the two times only") {
  Card card = a_card_of(1, card_one);
  store->add_card(card);
  store->set_refreshed_at(card.iccid, at(20));
  card.refreshed_at = card.updated_at = at(20);
  CHECK(store->find_card(card.iccid).value().card == card);
  CHECK(store->cards_to_ask(1, at(1), 9).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "a card that moves to another platform has not been asked about") {
  Card card = a_card_of(1, card_one);
  store->add_card(card);
  store->set_asked_at(card.iccid, at(20));
  card.platform = 2;
  store->update_card(card);
  CHECK(store->cards_to_ask(1, at(99), 9).empty());
  CHECK(texts(store->cards_to_ask(2, at(1), 9)) == std::vector{card_one});
  store->set_asked_at(card.iccid, at(30));
  store->remove_card(card.iccid);
  store->add_card(card);
  CHECK(texts(store->cards_to_ask(2, at(1), 9)) == std::vector{card_one});
  card.platform.reset();
  store->update_card(card);
  CHECK(store->cards_to_ask(2, at(99), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "mark_stale covers one platform, all of them, or cards not refreshed lately") {
  const auto add = [&](std::int64_t platform, const std::string& text,
                       std::optional<Instant> refreshed) {
    Card card = a_card_of(platform, text);
    card.refreshed_at = refreshed;
    store->add_card(card);
    store->set_asked_at(card.iccid, at(50));
  };
  add(1, card_one, at(10));
  add(1, card_two, at(40));
  add(1, card_three, {});
  add(2, "89860000000000000001", at(10));
  CHECK(store->mark_stale(1, at(20)) == 2);
  CHECK(texts(store->cards_to_ask(1, at(1), 9)) == std::vector{card_three, card_one});
  CHECK(store->mark_stale(1, at(20)) == 0);
  CHECK(store->mark_stale({}, {}) == 2);
  CHECK(store->cards_to_ask(1, at(1), 9).size() == 3);
  CHECK(store->cards_to_ask(2, at(1), 9).size() == 1);
  store->set_asked_at(iccid(card_one), at(60));
  store->set_asked_at(iccid("89860000000000000001"), at(60));
  CHECK(store->mark_stale(2, {}) == 1);
  CHECK(store->cards_to_ask(1, at(1), 9).size() == 2);
}

TEST_CASE_METHOD(StoreUnderTest, "mark_stale covers more cards than one transaction takes") {
  {
    Transaction transaction{*store};
    for (int i = 0; i < 4500; ++i) {
      const std::string text = "8986000000000000" + std::to_string(1000 + i);
      store->add_card(a_card_of(1, text));
      store->set_asked_at(iccid(text), at(i % 7));
    }
    transaction.commit();
  }
  CHECK(store->mark_stale({}, {}) == 4500);
  CHECK(store->platform_age(1).never == 4500);
}

TEST_CASE_METHOD(StoreUnderTest, "the age of a platform is that of its stalest card") {
  CHECK(store->platform_age(1).cards == 0);
  CHECK_FALSE(store->platform_age(1).oldest);
  for (const std::string& text : {card_one, card_two, card_three}) {
    store->add_card(a_card_of(1, text));
  }
  store->set_asked_at(iccid(card_one), at(20));
  store->set_asked_at(iccid(card_two), at(10));
  const PlatformAge age = store->platform_age(1);
  CHECK(age.cards == 3);
  CHECK(age.never == 1);
  CHECK(age.oldest == at(10));
}

TEST_CASE_METHOD(UnknownCards, "a platform is asked about the unknown cards that name it or none") {
  store->set_platforms({a_platform(1), a_platform(2)});
  report(1, card_one);
  report(2, card_two, 2);
  report(3, card_three, 1);
  report(4, card_one);
  apply(*store, RaiseMismatch{a_mismatch(device(5), Outcome::iccid_invalid, "bad-length")});
  CHECK(texts(unknown(1).iccids) == std::vector{card_one, card_three});
  CHECK(texts(unknown(2).iccids) == std::vector{card_one, card_two});
  CHECK(unknown(1).at_end);
  apply(*store, EndMismatch{{device(3)}, MismatchState::cleared, at(5), "report"});
  CHECK(texts(unknown(1).iccids) == std::vector{card_one});
}

TEST_CASE_METHOD(UnknownCards, "a missed ICCID is asked about again only when the miss is old") {
  report(1, card_one);
  report(2, card_two);
  store->record_miss(1, iccid(card_one), at(10));
  CHECK(texts(unknown(1, 0, 100, 100, at(10)).iccids) == std::vector{card_two});
  CHECK(texts(unknown(1, 0, 100, 100, at(11)).iccids) == std::vector{card_one, card_two});
  CHECK(texts(unknown(2, 0, 100, 100, at(10)).iccids) == std::vector{card_one, card_two});
  store->record_miss(1, iccid(card_one), at(30));
  CHECK(texts(unknown(1, 0, 100, 100, at(11)).iccids) == std::vector{card_two});
}

TEST_CASE_METHOD(UnknownCards,
                 "an unknown card of a platform that is not configured is asked of each platform") {
  store->set_platforms({a_platform(1), a_platform(2)});
  report(1, card_one, 9);
  CHECK(texts(unknown(1).iccids) == std::vector{card_one});
  CHECK(texts(unknown(2).iccids) == std::vector{card_one});
  store->set_platforms({a_platform(1), a_platform(9)});
  CHECK(unknown(1).iccids.empty());
}

TEST_CASE_METHOD(UnknownCards, "many unknown cards are read in bounded steps") {
  const auto text = [](int number) { return "89860000000000000" + std::to_string(100 + number); };
  for (int i = 0; i < 10; ++i) {
    report(i, text(i));
    if (i < 6) store->record_miss(1, iccid(text(i)), at(10));
  }
  UnknownIccids found = unknown(1, 0, 4, 100, at(5));
  CHECK(found.iccids.empty());
  CHECK(found.next_cursor == store->standing_mismatches(device(3)).at(0).id);
  CHECK_FALSE(found.at_end);
  found = unknown(1, found.next_cursor, 5, 2, at(5));
  CHECK(texts(found.iccids) == std::vector{text(6), text(7)});
  CHECK(found.next_cursor == store->standing_mismatches(device(7)).at(0).id);
  found = unknown(1, found.next_cursor, 100, 100, at(5));
  CHECK(texts(found.iccids) == std::vector{text(8), text(9)});
  CHECK(found.at_end);
  CHECK(found.next_cursor == store->standing_mismatches(device(9)).at(0).id);
  CHECK(unknown(1, found.next_cursor, 100, 100, at(5)).next_cursor == found.next_cursor);
}

TEST_CASE_METHOD(UnknownCards, "old misses are deleted, the oldest first") {
  store->set_platforms({a_platform(1)});
  int number = 0;
  for (const std::string& text : {card_one, card_two, card_three}) {
    report(++number, text);
    store->record_miss(1, iccid(text), at(number));
  }
  CHECK(store->forget_misses(at(3), 1) == 1);
  CHECK(texts(unknown(1).iccids) == std::vector{card_one});
  CHECK(store->forget_misses(at(3), 9) == 1);
  CHECK(store->forget_misses(at(3), 9) == 0);
  CHECK(texts(unknown(1).iccids) == std::vector{card_one, card_two});
}

TEST_CASE_METHOD(UnknownCards, "adding a card or removing a platform deletes the misses") {
  store->set_platforms({a_platform(1), a_platform(2)});
  const std::string nineteen = card_two.substr(0, 19);
  report(1, card_one);
  report(2, nineteen);
  report(3, card_three);
  for (const std::string& text : {card_one, nineteen, card_three}) {
    for (const std::int64_t platform : {1, 2}) store->record_miss(platform, iccid(text), at(10));
  }
  store->add_card(a_card(card_one));
  store->add_card(a_card(card_two));
  CHECK(texts(unknown(1).iccids) == std::vector{card_one, nineteen});
  CHECK(texts(unknown(2).iccids) == std::vector{card_one, nineteen});
  store->set_platforms({a_platform(2)});
  CHECK(texts(unknown(1).iccids) == std::vector{card_one, nineteen, card_three});
  CHECK(texts(unknown(2).iccids) == std::vector{card_one, nineteen});
}

TEST_CASE_METHOD(StoreUnderTest, "cards whose not_found is held back are counted by platform") {
  store->set_platforms({a_platform(1), a_platform(2)});
  for (const std::string& text : {card_one, card_two, card_three}) {
    store->add_card(a_card_of(1, text));
  }
  store->hold_not_found(1, iccid(card_one), at(10));
  store->hold_not_found(1, iccid(card_one), at(20));
  store->hold_not_found(1, iccid(card_two), at(20));
  store->hold_not_found(2, iccid(card_two), at(30));
  CHECK(store->held_since(1, iccid(card_one)) == at(10));
  CHECK(store->held_since(2, iccid(card_two)) == at(30));
  CHECK_FALSE(store->held_since(2, iccid(card_one)));
  CHECK(store->held_not_found(1, 9).size() == 2);
  CHECK(store->held_not_found(1, 1).size() == 1);
  CHECK(store->not_found_round(1).held == 2);
  CHECK(store->not_found_round(2).held == 1);
  store->release_not_found(1, iccid(card_one));
  store->release_not_found(1, iccid(card_one));
  CHECK(store->not_found_round(1).held == 1);
  CHECK(store->platforms().at(0).round.held == 1);

  SECTION("until the card is removed") {
    store->remove_card(iccid(card_two));
    CHECK(store->not_found_round(1).held == 0);
  }
  SECTION("until the card moves") {
    store->update_card(a_card_of(2, card_two));
    CHECK(store->not_found_round(1).held == 0);
  }
  SECTION("until the platform is removed") {
    store->set_platforms({a_platform(2)});
    store->set_platforms({a_platform(1), a_platform(2)});
    CHECK(store->not_found_round(1).held == 0);
    CHECK(store->held_not_found(1, 9).empty());
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a round of a platform is read back as it was written") {
  store->set_platforms({a_platform(1), a_platform(2)});
  CHECK(store->not_found_round(1) == NotFoundRound{});
  CHECK(store->not_found_round(9) == NotFoundRound{});
  NotFoundRound round{.began = at(1),
                      .found = 2,
                      .applied = 3,
                      .held = 99,
                      .wave_since = at(4),
                      .accepted_until = at(5)};
  store->save_not_found_round(1, round);
  round.held = 0;  // is counted
  CHECK(store->not_found_round(1) == round);
  CHECK(store->platforms().at(0).round == round);
  CHECK(store->not_found_round(2) == NotFoundRound{});
  store->set_platforms({a_platform(1, "renamed")});
  CHECK(store->not_found_round(1) == round);
}

TEST_CASE_METHOD(StoreUnderTest, "whether a platform has more cards than a number") {
  for (const std::string& text : {card_one, card_two}) store->add_card(a_card_of(1, text));
  store->add_card(a_card_of(2, card_three));
  CHECK(store->has_more_cards_than(1, 0));
  CHECK(store->has_more_cards_than(1, 1));
  CHECK_FALSE(store->has_more_cards_than(1, 2));
  CHECK_FALSE(store->has_more_cards_than(3, 0));
}

}  // namespace iotcard
