// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "contract/store_under_test.h"
#include "domain/card_fields.h"
#include "support/list_pages.h"

namespace iotcard {
namespace {

std::vector<std::string> texts(const std::vector<StoredCard>& cards) {
  std::vector<std::string> result;
  for (const StoredCard& known : cards) result.emplace_back(known.card.iccid.text());
  return result;
}

using Texts = std::vector<std::string>;

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

TEST_CASE_METHOD(StoreUnderTest, "a card is read back as it was written") {
  Card card = a_card(card_one);
  card.imsi = "460001234567890";
  card.msisdn = "861064912345678";
  card.imei = "861234567890123";
  card.network_imei = "3580000000000100";
  card.access_number = "14912345678";
  card.operator_name = "中国移动";
  card.platform = 7;
  card.plan = "30 MB";
  card.status = CardStatus::suspended;
  card.network = Network::blocked;
  card.status_reason = "arrears";
  card.raw_status = "停机";
  card.used_bytes = INT64_MAX;
  card.limit_bytes = 0;
  card.remaining_bytes = -1;
  card.usage_scope = UsageScope::pool;
  card.period_start = at(1);
  card.period_end = at(2);
  card.opened_at = at(3);
  card.activated_at = at(4);
  card.expires_at = at(5);
  card.alert_percent = 90;
  card.note = "it's \"quoted\"\nand long";
  card.refreshed_at = at(6);
  card.created_at = at(7);
  card.updated_at = at(8);

  SECTION("added") {
    CHECK(store->add_card(card));
  }
  SECTION("updated") {
    CHECK(store->add_card(a_card(card_one)));
    CHECK(store->update_card(card));
  }
  const StoredCard known = store->find_card(card.iccid).value();
  CHECK(known.card == card);
  CHECK(known.match == Match::exact);
  CHECK_FALSE(known.binding);
  CHECK(known.announced.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "an empty card is read back empty") {
  const Card card{iccid(card_one)};
  store->add_card(card);
  CHECK(store->find_card(card.iccid).value().card == card);
}

TEST_CASE_METHOD(StoreUnderTest, "each field of a card is stored separately") {
  store->add_card(a_card(card_one));
  for (const CardField& field : card_fields()) {
    Card card = a_card(card_one);
    for (const char* value :
         {"suspended", "blocked", "pool", "2026-11-23T01:02:03.004Z", "861234567890123", "7"}) {
      if (field.set(card, value)) continue;
      CAPTURE(field.name, value);
      CHECK(store->update_card(card));
      CHECK(store->find_card(card.iccid).value().card == card);
    }
  }
}

TEST_CASE_METHOD(StoreUnderTest, "times are cut to the millisecond") {
  Card card = a_card(card_one);
  card.expires_at = at(1) + std::chrono::microseconds{999};
  store->add_card(card);
  CHECK(store->find_card(card.iccid).value().card.expires_at == at(1));
}

TEST_CASE_METHOD(StoreUnderTest, "a card is added once, and only a stored card is updated") {
  const Card card = a_card(card_one);
  CHECK_FALSE(store->update_card(card));
  CHECK_FALSE(store->remove_card(card.iccid));
  CHECK_FALSE(store->find_card(card.iccid));
  CHECK(store->add_card(card));
  Card other = card;
  other.plan = "another";
  CHECK_FALSE(store->add_card(other));
  CHECK(store->find_card(card.iccid).value().card.plan.empty());
  CHECK(store->remove_card(card.iccid));
  CHECK_FALSE(store->find_card(card.iccid));
}

TEST_CASE_METHOD(StoreUnderTest, "the reasons last announced stay when a card is updated") {
  const Card card = a_card(card_one);
  store->add_card(card);
  const AbnormalReasons reasons{Abnormal::expired, Abnormal::near_limit};
  apply(*store, SetAbnormal{card.iccid, reasons});
  CHECK(store->find_card(card.iccid).value().announced == reasons);
  store->update_card(card);
  CHECK(store->find_card(card.iccid).value().announced == reasons);
  apply(*store, SetAbnormal{card.iccid, {}});
  CHECK(store->find_card(card.iccid).value().announced.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a card is added with its announced reasons") {
  const AbnormalReasons reasons{Abnormal::suspended, Abnormal::near_limit};
  const Card card = a_card(card_one);
  REQUIRE(store->add_card(card, reasons));
  CHECK(store->find_card(card.iccid).value().announced == reasons);
  CHECK_FALSE(store->add_card(card, {}));
  CHECK(store->find_card(card.iccid).value().announced == reasons);
}

TEST_CASE_METHOD(StoreUnderTest, "a card comes with its open binding") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one));
  const Binding binding = store->find_card(iccid(card_one)).value().binding.value();
  CHECK(binding.device == device(1));
  apply(*store, EndBinding{device(1), at(200), "anna"});
  CHECK_FALSE(store->find_card(iccid(card_one)).value().binding);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "an ICCID of 19 characters matches a card of 20, and the other way round") {
  // 3 is the Luhn digit of the first 19 characters.
  store->add_card(a_card("8986001234567890127"));
  const auto longer = store->matching_cards(iccid("89860012345678901271"));
  REQUIRE(longer.size() == 1);
  CHECK(longer[0].card.iccid.text() == "8986001234567890127");
  CHECK(longer[0].match == match(iccid("89860012345678901271"), longer[0].card.iccid));

  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("8986009999999999999F"));
  store->add_card(a_card("898600999999999999911"));
  apply(*store, a_binding(device(1), "89860099999999999991"));
  const auto shorter = store->matching_cards(iccid("8986009999999999999"));
  CHECK(texts(shorter) == Texts{"89860099999999999991", "8986009999999999999F"});
  CHECK(shorter[0].binding);
}

TEST_CASE_METHOD(StoreUnderTest, "the other spellings of a card are those of the other length") {
  for (const char* text : {"8988303000000000001", "89883030000000000117", "89883030000000000118",
                           "898830300000000001177", "898830300000000001"}) {
    store->add_card(a_card(text));
  }
  CHECK(store->other_spellings(iccid("89883030000000000017")) ==
        std::vector<Iccid>{iccid("8988303000000000001")});
  CHECK(store->other_spellings(iccid("8988303000000000011")) ==
        std::vector<Iccid>{iccid("89883030000000000117"), iccid("89883030000000000118")});
  CHECK(store->other_spellings(iccid("89883030000000000117")).empty());
  CHECK(store->other_spellings(iccid("8988303000000000001")).empty());
  CHECK(store->other_spellings(iccid("898830300000000001")).empty());
  CHECK(store->other_spellings(iccid("898830300000000000171")).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a card matches itself alone, and no card of another length") {
  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("8986009999999999999"));
  CHECK(texts(store->matching_cards(iccid("89860099999999999991"))) ==
        Texts{"89860099999999999991"});
  CHECK(store->matching_cards(iccid("898600999999999999")).empty());
  CHECK(store->matching_cards(iccid("898600999999999999911")).empty());
  CHECK(texts(store->matching_cards(iccid("89860099999999999992"))) ==
        Texts{"8986009999999999999"});
}

TEST_CASE_METHOD(StoreUnderTest, "cards between two ICCIDs are all digits and of their length") {
  for (const char* text : {"89860000000000000010", "89860000000000000011", "8986000000000000001A",
                           "8986000000000000001", "898600000000000000115", "89860000000000000012",
                           "89860000000000000013"}) {
    store->add_card(a_card(text));
  }
  const IccidRange range{"89860000000000000010", "89860000000000000012"};
  CHECK(store->find_cards_between(range, 9) == std::vector{iccid("89860000000000000010"),
                                                           iccid("89860000000000000011"),
                                                           iccid("89860000000000000012")});
  CHECK(store->find_cards_between(range, 2).size() == 2);
}

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

TEST_CASE_METHOD(StoreUnderTest, "the last usage figure of each day is kept for the given days") {
  store->add_card(a_card(card_one));
  store->save_usage(iccid(card_one), {"2026-11-22", 5}, "2026-11-01");
  store->save_usage(iccid(card_one), {"2026-11-23", 6}, "2026-11-01");
  store->save_usage(iccid(card_one), {"2026-11-23", 7}, "2026-11-01");
  auto samples = store->usage_samples(iccid(card_one), 9);
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].day == "2026-11-23");
  CHECK(samples[0].used_bytes == 7);
  CHECK(samples[1].used_bytes == 5);
  store->save_usage(iccid(card_one), {"2026-11-24", 8}, "2026-11-23");
  CHECK(store->usage_samples(iccid(card_one), 9).size() == 2);
  CHECK(store->usage_samples(iccid(card_one), 1).size() == 1);
  store->remove_card(iccid(card_one));
  CHECK(store->usage_samples(iccid(card_one), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "cards are judged when they are due, the earliest first") {
  const auto add = [&](std::string_view text, std::optional<int> expires, std::optional<int> due) {
    Card card = a_card(text);
    if (expires) card.expires_at = at(*expires);
    store->add_card(card, {}, due ? std::optional{at(*due)} : std::nullopt);
  };
  add(card_one, 50, 20);
  add(card_two, 60, 10);
  add(card_three, {}, {});
  const auto due = [&](int now) {
    std::vector<std::string> found;
    for (const StoredCard& card : store->cards_to_judge(at(now), 9)) {
      found.emplace_back(card.card.iccid.text());
    }
    return found;
  };
  CHECK(due(9).empty());
  CHECK(due(20) == std::vector{card_two, card_one});
  CHECK(store->cards_to_judge(at(20), 1).size() == 1);
  CHECK(store->find_card(iccid(card_one)).value().judge_at == at(20));
  apply(*store, SetAbnormal{iccid(card_one), {}, at(50)});
  CHECK(due(20) == std::vector{card_two});
  apply(*store, SetAbnormal{iccid(card_two), {Abnormal::expired}, {}});
  CHECK(due(100) == std::vector{card_one});
}

}  // namespace iotcard
