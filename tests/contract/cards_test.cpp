// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"
#include "domain/card_fields.h"

namespace iotcard {
namespace {

std::vector<std::string> texts(const std::vector<KnownCard>& cards) {
  std::vector<std::string> result;
  for (const KnownCard& known : cards) result.emplace_back(known.card.iccid.text());
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "a card is read back as it was written") {
  Card card = a_card(card_one);
  card.imsi = "460001234567890";
  card.msisdn = "861064912345678";
  card.imei = "861234567890123";
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
  const auto known = store->find_card(card.iccid);
  REQUIRE(known);
  CHECK(known->card == card);
  CHECK(known->match == Match::exact);
  CHECK_FALSE(known->binding);
  CHECK(known->raised.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "an empty card is read back empty") {
  const Card card{iccid(card_one)};
  store->add_card(card);
  CHECK(store->find_card(card.iccid).value().card == card);
}

TEST_CASE_METHOD(StoreUnderTest, "each field of a card is kept on its own") {
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

TEST_CASE_METHOD(StoreUnderTest, "times are kept to the millisecond, cut and not rounded") {
  Card card = a_card(card_one);
  card.expires_at = at(1) + std::chrono::microseconds{999};
  store->add_card(card);
  CHECK(store->find_card(card.iccid).value().card.expires_at == at(1));
}

TEST_CASE_METHOD(StoreUnderTest, "a card is added once, and only what is there is changed") {
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
  store->write(SetAbnormal{card.iccid, reasons});
  CHECK(store->find_card(card.iccid).value().raised == reasons);
  store->update_card(card);
  CHECK(store->find_card(card.iccid).value().raised == reasons);
  store->write(SetAbnormal{card.iccid, {}});
  CHECK(store->find_card(card.iccid).value().raised.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a card comes with its open binding") {
  store->add_card(a_card(card_one));
  store->write(a_binding(device(1), card_one));
  const auto known = store->find_card(iccid(card_one));
  REQUIRE(known);
  REQUIRE(known->binding);
  CHECK(known->binding->device == device(1));
  store->write(EndBinding{known->binding->id, at(200), "anna"});
  CHECK_FALSE(store->find_card(iccid(card_one)).value().binding);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a card with 19 characters and one with 20 are found by each other") {
  // 3 is the Luhn digit of the first 19 characters.
  store->add_card(a_card("8986001234567890127"));
  const auto longer = store->find_similar_cards(iccid("89860012345678901271"), 9);
  REQUIRE(longer.size() == 1);
  CHECK(longer[0].card.iccid.text() == "8986001234567890127");
  CHECK(longer[0].match == match(iccid("89860012345678901271"), longer[0].card.iccid));

  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("8986009999999999999F"));
  store->add_card(a_card("898600999999999999911"));
  store->write(a_binding(device(1), "89860099999999999991"));
  const auto shorter = store->find_similar_cards(iccid("8986009999999999999"), 9);
  CHECK(texts(shorter) == Texts{"89860099999999999991", "8986009999999999999F"});
  CHECK(shorter[0].binding);
  CHECK(store->find_similar_cards(iccid("8986009999999999999"), 1).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "a card is not similar to itself, nor to one of other lengths") {
  store->add_card(a_card("89860099999999999991"));
  CHECK(store->find_similar_cards(iccid("89860099999999999991"), 9).empty());
  CHECK(store->find_similar_cards(iccid("898600999999999999"), 9).empty());
  CHECK(store->find_similar_cards(iccid("898600999999999999911"), 9).empty());
  CHECK(store->find_similar_cards(iccid("89860099999999999992"), 9).empty());
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
    while (true) {
      const auto page = texts(store->list_cards({}, after, static_cast<int>(size)));
      if (page.empty()) break;
      CHECK(page.size() <= size);
      listed.insert(listed.end(), page.begin(), page.end());
      after = page.back();
    }
    CHECK(listed == all);
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a list of cards keeps to every filter, and so does its count") {
  Card one = a_card("898600000000000001");
  one.platform = 1;
  Card two = a_card("898600000000000002");
  two.platform = 2;
  two.status = CardStatus::suspended;
  Card three = a_card("898601000000000003");
  three.platform = 2;
  for (const Card& card : {one, two, three}) store->add_card(card);
  store->write(a_binding(device(1), "898600000000000002"));

  const auto check = [&](const CardFilter& filter, const Texts& expected) {
    CHECK(texts(store->list_cards(filter, "", 9)) == expected);
    CHECK(store->count_cards(filter) == static_cast<std::int64_t>(expected.size()));
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
  CHECK(texts(store->list_cards({.platform = 2}, all[1], 9)) == Texts{all[2]});
  CHECK(texts(store->list_cards({.iccid_prefix = "898600"}, all[1], 9)).empty());
  CHECK(texts(store->list_cards({.iccid_prefix = "898601"}, all[0], 9)) == Texts{all[2]});
}

}  // namespace iotcard
