// SPDX-License-Identifier: Apache-2.0
// Single cards: look-up, add, change, remove, usage and judgement.
#include "contract/store_under_test.h"
#include "domain/card_fields.h"

namespace iotcard {

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
  const auto due = [&](int now) { return texts(store->cards_to_judge(at(now), 9)); };
  CHECK(due(9).empty());
  CHECK(due(20) == Texts{card_two, card_one});
  CHECK(store->cards_to_judge(at(20), 1).size() == 1);
  CHECK(store->find_card(iccid(card_one)).value().judge_at == at(20));
  apply(*store, SetAbnormal{iccid(card_one), {}, at(50)});
  CHECK(due(20) == Texts{card_two});
  apply(*store, SetAbnormal{iccid(card_two), {Abnormal::expired}, {}});
  CHECK(due(100) == Texts{card_one});
}

}  // namespace iotcard
