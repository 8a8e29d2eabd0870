// SPDX-License-Identifier: Apache-2.0
// Lists of values and exclusions of a list of cards; what cards and devices count for; the search.
#include <algorithm>

#include "contract/store_under_test.h"

namespace iotcard {
namespace {

const std::string first = "898600000000000001";
const std::string second = "898600000000000002";
const std::string third = "898600000000000003";

void add_three(Store& store) {
  Card one = a_card(first);
  one.status = CardStatus::active;
  one.platform = 1;
  one.operator_name = "China Mobile";
  one.note = "the lift";
  one.updated_at = at(10);
  Card two = a_card(second);
  two.status = CardStatus::suspended;
  two.operator_name = "China Unicom";
  two.expires_at = at(50);
  two.updated_at = at(20);
  two.refreshed_at = at(20);
  Card three = a_card(third);
  three.status = CardStatus::ready;
  three.platform = 3;
  three.expires_at = at(150);
  three.updated_at = at(30);
  three.refreshed_at = at(40);
  store.add_card(one, {Abnormal::near_limit});
  store.add_card(two, {Abnormal::suspended});
  store.add_card(three);
  apply(store, a_binding(device(1), first));
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "a list of cards takes several values, and excludes others") {
  add_three(*store);
  const auto check = [&](const CardFilter& filter, const Texts& expected) {
    for (const CardOrder order :
         {CardOrder::iccid, CardOrder::status, CardOrder::expires_at, CardOrder::used_share}) {
      CardFilter ordered = filter;
      ordered.order = order;
      Texts listed = texts(store->list_cards(ordered, "", 9).rows);
      std::ranges::sort(listed);
      CHECK(listed == expected);
      CHECK(store->count_cards(ordered) == std::ssize(expected));
      CHECK(store->count_cards(ordered, 1) == std::min<std::int64_t>(1, std::ssize(expected)));
    }
  };
  const auto any = [](const CardValues& values) { return CardFilter{.any = values}; };
  const auto none = [](const CardValues& values) { return CardFilter{.none = values}; };
  check(any({.statuses = {CardStatus::active, CardStatus::ready}}), {first, third});
  check(none({.statuses = {CardStatus::active}}), {second, third});
  check(any({.platforms = {0, 3}}), {second, third});
  check(none({.platforms = {0}}), {first, third});
  check(any({.operators = {"China Mobile", "China Unicom"}}), {first, second});
  check(none({.operators = {"China Mobile"}}), {second, third});
  check(any({.reasons = {Abnormal::near_limit, Abnormal::suspended}}), {first, second});
  check(none({.reasons = {Abnormal::near_limit, Abnormal::suspended}}), {third});
  CardFilter dated = any({.reasons = {Abnormal::expired, Abnormal::expiring_soon}});
  dated.now = at(100);
  dated.soon = std::chrono::seconds{100};
  check(dated, {second, third});
  dated.any.reasons = {};
  dated.none.reasons = {Abnormal::expired, Abnormal::expiring_soon};
  check(dated, {first});
  check({.status = CardStatus::ready, .none = {.platforms = {3}}}, {});
  check({.refreshed_before = at(40)}, {first, second});
  check({.updated_since = at(20)}, {second, third});
}

TEST_CASE_METHOD(StoreUnderTest, "what cards count for is told without the rest of them") {
  add_three(*store);
  const auto all = store->card_traits({}, 9);
  REQUIRE(all.size() == 3);
  CHECK(all[0].status == CardStatus::active);
  CHECK(all[0].platform == 1);
  CHECK(all[0].operator_name == "China Mobile");
  CHECK(all[0].announced == AbnormalReasons{Abnormal::near_limit});
  CHECK(all[0].bound);
  CHECK_FALSE(all[1].platform);
  CHECK(all[1].expires_at == at(50));
  CHECK_FALSE(all[1].bound);
  CHECK(store->card_traits({}, 2).size() == 2);
  CHECK(store->card_traits({.bound = true}, 9).size() == 1);
  CHECK(store->card_traits({.bound = false}, 9).size() == 2);
  CHECK(store->card_traits({.reason = Abnormal::suspended}, 9).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "a search finds cards by any part, and devices by their number") {
  add_three(*store);
  CHECK(texts(store->search_cards("00003", 9)) == Texts{third});
  CHECK(texts(store->search_cards("LIFT", 9)) == Texts{first});
  CHECK(store->search_cards("89860", 2).size() == 2);
  CHECK(store->search_cards("lift shaft", 9).empty());

  save_report(*store, {"1", "METER7"}, {"t", "{}", at(1), a_report(first), Outcome::no_card});
  save_report(*store, {"2", "METER8"}, {"t", "{}", at(1), a_report(first), Outcome::no_card});
  save_report(*store, {"2", "PUMP1"}, {"t", "{}", at(1), a_report(first), Outcome::no_card});
  const auto numbered = [&](const std::string& prefix, int limit) {
    Texts found;
    for (const DeviceRow& row : store->devices_numbered(prefix, limit)) {
      found.push_back(row.device.text());
    }
    return found;
  };
  CHECK(numbered("METER", 9) == Texts{"1/METER7", "2/METER8"});
  CHECK(numbered("METER", 1).size() == 1);
  CHECK(numbered("METER7X", 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "what devices count for is told of those that a filter fits") {
  DeviceReport report = a_report(first);
  report.firmware_version = "1.0";
  save_report(*store, {"1", "A"}, {"t", "{}", at(1), report, Outcome::no_card});
  save_report(*store, {"2", "B"}, {"t", "{}", at(1), report, Outcome::card_unknown});
  add_three(*store);
  const auto all = store->device_traits({}, 9);
  REQUIRE(all.size() == 3);
  CHECK(all[0].product == "1");
  CHECK(all[0].firmware_version == "1.0");
  CHECK(std::ranges::count_if(all, &DeviceTraits::bound) == 1);
  const auto unknown = store->device_traits({.outcome = Outcome::card_unknown}, 9);
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].product == "2");
  CHECK(store->device_traits({.product = "2"}, 9).size() == 1);
  CHECK(store->device_traits({.bound = true}, 9).size() == 1);
  CHECK(store->device_traits({}, 1).size() == 1);
}

}  // namespace iotcard
