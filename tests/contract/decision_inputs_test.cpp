// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"
#include "store/stored_decision.h"

namespace iotcard {
namespace {

constexpr const char* rounded = "89860617060065263616";  // what a double makes of card_two

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "an absent or unreadable ICCID loads no card") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one));
  const char* token = GENERATE("", "bad", "8.98604E+19");
  const DecisionInputs inputs = load_inputs(*store, device(1), a_report(token));
  CHECK(inputs.cards.empty());
  CHECK(inputs.rounding_candidates.empty());
  CHECK_FALSE(inputs.first_reported);
  REQUIRE(inputs.device_binding);
  CHECK(inputs.device_binding->iccid.text() == card_one);
}

TEST_CASE_METHOD(StoreUnderTest, "a card with exactly the reported ICCID is loaded alone") {
  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("89860099999999999992"));
  store->add_card(a_card("8986009999999999999"));
  const DecisionInputs inputs = load_inputs(*store, device(1), a_report("8986009999999999999"));
  REQUIRE(inputs.cards.size() == 1);
  CHECK(inputs.cards[0].match == Match::exact);
}

TEST_CASE_METHOD(StoreUnderTest, "without an exact card all that match are loaded") {
  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("89860099999999999992"));
  const DecisionInputs inputs = load_inputs(*store, device(1), a_report("8986009999999999999"));
  CHECK(inputs.cards.size() == 2);
  CHECK(load_inputs(*store, device(1), a_report(card_one)).cards.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "cards that would have rounded to the report are candidates") {
  store->add_card(a_card(card_two));
  store->add_card(a_card("89860617060065299999"));
  const DecisionInputs inputs = load_inputs(*store, device(1), a_report(rounded));
  CHECK(inputs.cards.empty());
  CHECK(inputs.rounding_candidates == std::vector{iccid(card_two)});
}

TEST_CASE_METHOD(StoreUnderTest, "there are at most five candidates") {
  for (int i = 0; i < 8; ++i) store->add_card(a_card("8986061706006525866" + std::to_string(i)));
  CHECK(load_inputs(*store, device(1), a_report(rounded)).rounding_candidates.size() == 5);
}

TEST_CASE_METHOD(StoreUnderTest, "a rounded ICCID that a card has exactly has no candidates") {
  store->add_card(a_card(card_two));
  store->add_card(a_card(rounded));
  const DecisionInputs inputs = load_inputs(*store, device(1), a_report(rounded));
  REQUIRE(inputs.cards.size() == 1);
  CHECK(inputs.rounding_candidates.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the standing mismatches of the device are loaded") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::iccid_invalid, "bad-length")});
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_unknown, card_one)});
  CHECK(load_inputs(*store, device(1), a_report("")).standing.size() == 2);
}

TEST_CASE_METHOD(
    StoreUnderTest,
    "a newcomer first reported a card that another holds when the store first heard of it") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one, 500));
  const auto first_reported = [&](int number) {
    return load_inputs(*store, device(number), a_report(card_one)).first_reported;
  };
  CHECK_FALSE(first_reported(2));
  CHECK_FALSE(first_reported(1));  // the holder itself is no newcomer

  Mismatch mismatch = a_mismatch(device(2), Outcome::card_in_use, card_one);
  mismatch.first_seen = at(600);
  apply(*store, RaiseMismatch{mismatch});
  CHECK(first_reported(2) == at(600));

  Mismatch about_another = a_mismatch(device(3), Outcome::card_unknown, card_two);
  apply(*store, RaiseMismatch{about_another});
  CHECK_FALSE(first_reported(3));
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a device that once held the card first reported it at that time") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(2), card_one, 100));
  apply(*store, EndBinding{device(2), at(200), "policy"});
  apply(*store, a_binding(device(1), card_one, 200));
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_in_use, card_one)});
  const DecisionInputs inputs = load_inputs(*store, device(2), a_report(card_one));
  CHECK(inputs.first_reported == at(1));
  apply(*store, EndMismatch{inputs.standing.at(0).key(), MismatchState::cleared, at(300), "anna"});
  CHECK(load_inputs(*store, device(2), a_report(card_one)).first_reported == at(100));
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a retained report meets the last binding of a device that is free now") {
  store->add_card(a_card(card_one));
  store->add_card(a_card(card_two));
  save_report(*store, device(1), {"t", "{}", at(150), a_report(card_two), Outcome::no_card});
  apply(*store, a_binding(device(1), card_two, 100));
  apply(*store, EndBinding{device(1), at(200), "policy"});
  const auto inputs = [&](const Arrival& arrival) {
    const UnitOfWork work{store->read({{device(1)}, {iccid(card_one)}})};
    return inputs_within(work, *store, device(1), a_report(card_one), {arrival, at(900)});
  };
  const Arrival retained{at(800), true};
  CHECK(inputs(retained).device_binding.value().iccid.text() == card_two);
  CHECK(decide(device(1), a_report(card_one), inputs(retained), {}, retained, at(900)).outcome ==
        Outcome::device_has_other_card);
  CHECK_FALSE(inputs(at(800)).device_binding);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a free card that is locked to another IMEI is judged once bound") {
  Card locked = a_card(card_one);
  locked.imei = "867530912345678";
  store->add_card(locked);
  DeviceReport report = a_report("");
  report.imei = "867530912345777";
  save_report(*store, device(1), {"t", "{}", at(1), report, Outcome::no_card});
  const Write write = a_binding(device(1), card_one, 100);
  apply_change(*store, "here", {}, {&write, 1}, {});
  CHECK(store->find_card(iccid(card_one)).value().judge_at == at(100));
}

}  // namespace iotcard
