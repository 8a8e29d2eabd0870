// SPDX-License-Identifier: Apache-2.0
// Lists of cards: their filters, orders, pages and counts.
#include <algorithm>

#include "contract/store_under_test.h"
#include "support/list_pages.h"

namespace iotcard {
namespace {

// Twelve cards that differ in all that a list may be sorted by, some of them without a value.
std::vector<Card> various_cards() {
  std::vector<Card> cards;
  for (int i = 0; i < 12; ++i) {
    Card card = a_card("8986000000000000" + std::to_string(10 + i));
    card.status = static_cast<CardStatus>(i % 3 + 3);
    if (i % 4 != 0) card.platform = i % 4;
    card.operator_name = i % 5 == 0 ? "" : "operator " + std::to_string(i % 5);
    if (i % 3 != 0) card.expires_at = at(100 * (i % 3));
    if (i % 2 == 0) card.used_bytes = 7 * (i % 6);
    if (i % 2 == 0 && i > 2) card.limit_bytes = 30 + i;
    cards.push_back(card);
  }
  return cards;
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "cards are listed in the order of their ICCID, page by page") {
  const Texts all = {"898600000000000000", "8986000000000000001", "89860000000000000010",
                     "8986000000000000001F", "898601000000000000"};
  for (auto text = all.rbegin(); text != all.rend(); ++text) store->add_card(a_card(*text));
  for (std::size_t size = 1; size <= all.size() + 1; ++size) {
    Texts listed;
    std::string after;
    do {
      const auto page = store->list_cards({}, after, static_cast<int>(size));
      CHECK(page.rows.size() <= size);
      for (const std::string& text : texts(page.rows)) listed.push_back(text);
      after = page.next_cursor;
    } while (!after.empty());
    CHECK(listed == all);
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a list of cards and its count apply every filter") {
  Card one = a_card("898600000000000001");
  one.platform = 1;
  Card two = a_card("898600000000000002");
  two.platform = 2;
  two.status = CardStatus::suspended;
  Card three = a_card("898601000000000003");
  three.platform = 2;
  for (const Card& card : {one, two, three}) store->add_card(card);
  apply(*store, a_binding(device(1), "898600000000000002"));

  const auto check = [&](const CardFilter& filter, const Texts& expected) {
    CHECK(texts(store->list_cards(filter, "", 9).rows) == expected);
    const auto rows = static_cast<std::int64_t>(expected.size());
    CHECK(store->count_cards(filter) == rows);
    for (const std::int64_t at_most : {1, 2, 3}) {
      CHECK(store->count_cards(filter, at_most) == std::min(at_most, rows));
    }
  };
  const Texts all = {"898600000000000001", "898600000000000002", "898601000000000003"};
  check({}, all);
  check({.iccid_prefix = "898600"}, {all[0], all[1]});
  check({.iccid_prefix = "898600000000000002"}, {all[1]});
  check({.iccid_prefix = "8987"}, {});
  check({.status = CardStatus::active}, {all[0], all[2]});
  check({.platform = 2}, {all[1], all[2]});
  check({.bound = true}, {all[1]});
  check({.bound = false}, {all[0], all[2]});
  check({.iccid_prefix = "898600", .status = CardStatus::suspended, .platform = 2, .bound = true},
        {all[1]});
  check({.status = CardStatus::active, .platform = 2, .bound = true}, {});
  CHECK(texts(store->list_cards({.platform = 2}, all[1], 9).rows) == Texts{all[2]});
  CHECK(texts(store->list_cards({.iccid_prefix = "898600"}, all[1], 9).rows).empty());
  CHECK(texts(store->list_cards({.iccid_prefix = "898601"}, all[0], 9).rows) == Texts{all[2]});
}

TEST_CASE_METHOD(StoreUnderTest, "a list in any order continues behind each of its cards") {
  for (const Card& card : various_cards()) store->add_card(card);
  for (int order = 0; order <= static_cast<int>(CardOrder::used_share); ++order) {
    for (const bool descending : {false, true}) {
      const CardFilter filter{.order = static_cast<CardOrder>(order), .descending = descending};
      CAPTURE(order, descending);
      const auto all = store->list_cards(filter, "", 99).rows;
      REQUIRE(all.size() == 12);
      for (int i = 1; i < 12; ++i) {
        const std::string cursor = store->list_cards(filter, "", i).next_cursor;
        REQUIRE_FALSE(cursor.empty());
        const auto rest = texts(store->list_cards(filter, cursor, 99).rows);
        CHECK(rest == texts({all.begin() + i, all.end()}));
      }
      CHECK(store->list_cards(filter, "", 12).next_cursor.empty());
      // In order: the one direction is the other one's mirror.
      CardFilter mirror = filter;
      mirror.descending = !descending;
      auto mirrored = texts(store->list_cards(mirror, "", 99).rows);
      std::reverse(mirrored.begin(), mirrored.end());
      CHECK(mirrored == texts(all));
    }
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a page of cards is found from either end, in every order") {
  for (const Card& card : various_cards()) store->add_card(card);
  apply(*store, a_binding(device(1), "898600000000000013"));
  for (int order = 0; order <= static_cast<int>(CardOrder::used_share); ++order) {
    for (const bool descending : {false, true}) {
      for (const std::optional<CardStatus> status :
           {std::optional<CardStatus>{}, {CardStatus::active}}) {
        CAPTURE(order, descending, status.has_value());
        check_pages(
            [&](const PageStart& start, int limit) {
              const auto page = store->list_cards({.status = status,
                                                   .order = static_cast<CardOrder>(order),
                                                   .descending = descending},
                                                  start, limit);
              return std::pair{texts(page.rows), page.next_cursor};
            },
            status ? 4 : 12);
      }
    }
  }
}

TEST_CASE_METHOD(StoreUnderTest, "cards that never expire are the last of a list by expiry") {
  for (const Card& card : various_cards()) store->add_card(card);
  const auto all = store->list_cards({.order = CardOrder::expires_at}, "", 99).rows;
  CHECK(all.front().card.expires_at == at(100));
  CHECK_FALSE(all.back().card.expires_at);
  const auto some =
      store->list_cards({.expires_after = at(100), .expires_until = at(200)}, "", 99).rows;
  REQUIRE(some.size() == 4);
  for (const StoredCard& card : some) CHECK(card.card.expires_at == at(200));
}

TEST_CASE_METHOD(StoreUnderTest, "the used share refers to the card's own limit") {
  const auto add = [&](const char* text, std::optional<std::int64_t> used,
                       std::optional<std::int64_t> limit, std::optional<std::int64_t> remaining,
                       UsageScope scope) {
    Card card = a_card(text);
    card.used_bytes = used;
    card.limit_bytes = limit;
    card.remaining_bytes = remaining;
    card.usage_scope = scope;
    store->add_card(card);
  };
  add("898600000000000001", 80, 100, {}, UsageScope::card);
  add("898600000000000002", 79, 100, {}, UsageScope::card);
  add("898600000000000003", {}, 100, -5, UsageScope::card);
  add("898600000000000004", 500, 100, {}, UsageScope::pool);
  add("898600000000000005", 500, {}, {}, UsageScope::card);
  add("898600000000000006", 500, 0, {}, UsageScope::card);
  const CardFilter filter{
      .used_share_from = 0.8, .order = CardOrder::used_share, .descending = true};
  CHECK(texts(store->list_cards(filter, "", 9).rows) ==
        Texts{"898600000000000003", "898600000000000001"});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "cards are listed by announced reasons, and by their dates for expiry") {
  const auto add = [&](const char* text, AbnormalReasons announced,
                       std::optional<Instant> expires = {}) {
    Card card = a_card(text);
    card.expires_at = expires;
    store->add_card(card);
    apply(*store, SetAbnormal{card.iccid, announced});
  };
  add("898600000000000001", {Abnormal::suspended, Abnormal::over_limit});
  add("898600000000000002", {Abnormal::over_limit});
  add("898600000000000003", {Abnormal::suspended}, at(100));
  add("898600000000000004", {}, at(150));
  add("898600000000000005", {Abnormal::expired}, at(300));  // it was, and has got a new date
  const auto of = [&](Abnormal reason, bool worst) {
    const CardFilter filter{
        .reason = reason, .worst = worst, .now = at(120), .soon = std::chrono::seconds{60}};
    return texts(store->list_cards(filter, "", 9).rows);
  };
  const Texts all = {"898600000000000001", "898600000000000002", "898600000000000003",
                     "898600000000000004"};
  CHECK(of(Abnormal::suspended, false) == Texts{all[0], all[2]});
  CHECK(of(Abnormal::suspended, true) == Texts{all[0]});
  CHECK(of(Abnormal::expired, false) == Texts{all[2]});
  CHECK(of(Abnormal::expired, true) == Texts{all[2]});
  CHECK(of(Abnormal::over_limit, false) == Texts{all[0], all[1]});
  CHECK(of(Abnormal::over_limit, true) == Texts{all[1]});
  CHECK(of(Abnormal::expiring_soon, false) == Texts{all[3]});
  CHECK(of(Abnormal::terminated, false).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a text is found wherever it stands in a card") {
  Card one = a_card(card_one);
  one.msisdn = "861064001234";
  one.note = "Lager \"Nord\", 100% T\xc3\xbcr_2";
  store->add_card(one);
  Card two = a_card(card_two);
  two.plan = "IoT 500";
  store->add_card(two);
  const auto found = [&](const std::string& text) {
    const auto cards = texts(store->list_cards({.text = text}, "", 9).rows);
    CHECK(store->count_cards({.text = text}) == static_cast<std::int64_t>(cards.size()));
    return cards;
  };
  for (const char* text : {"0970", "c0000970", "898604293620C0000970", "4001234", "\"Nord\"",
                           "T\xc3\xbcr", "00% T", "r_2"}) {
    CAPTURE(text);
    CHECK(found(text) == Texts{card_one});
  }
  CHECK(found("8986") == Texts{card_one, card_two});
  CHECK(found("iot 5") == Texts{card_two});
  for (const char* text : {"rx2", "no such"}) CHECK(found(text).empty());

  two.plan = "other";
  two.note = "moved";
  store->update_card(two);
  CHECK(found("iot 5").empty());
  CHECK(found("moved") == Texts{card_two});
  store->remove_card(two.iccid);
  CHECK(found("moved").empty());
  CHECK(found("8986") == Texts{card_one});
}

TEST_CASE_METHOD(StoreUnderTest, "cards are counted by status, platform and operator") {
  for (const Card& card : various_cards()) store->add_card(card);
  const auto statuses = store->count_cards_by(CardGroup::status);
  CHECK(statuses.size() == 3);
  std::int64_t cards = 0;
  for (const auto& [name, count] : statuses) cards += count;
  CHECK(cards == 12);
  const auto platforms = store->count_cards_by(CardGroup::platform);
  REQUIRE(platforms.size() == 4);
  CHECK(platforms[0] == std::pair<std::string, std::int64_t>{"0", 3});
  CHECK(store->count_cards_by(CardGroup::operator_name).size() == 5);
}

}  // namespace iotcard
