// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"

namespace iotcard {

TEST_CASE_METHOD(StoreUnderTest, "a binding is open from its creation to its end") {
  CHECK_FALSE(store->binding_of(device(1)));
  store->write(CreateBinding{device(1), iccid(card_one), Match::strong, at(100), "anna"});
  auto binding = store->binding_of(device(1));
  REQUIRE(binding);
  CHECK(binding->id > 0);
  CHECK(binding->device == device(1));
  CHECK(binding->iccid.text() == card_one);
  CHECK(binding->match == Match::strong);
  CHECK(binding->since == at(100));
  CHECK(binding->last_seen == at(100));
  CHECK_FALSE(binding->until);
  CHECK(binding->created_by == "anna");
  CHECK(binding->ended_by.empty());
  CHECK(store->count_open_bindings() == 1);

  store->write(ConfirmBinding{binding->id, at(150)});
  CHECK(store->binding_of(device(1)).value().last_seen == at(150));

  store->write(EndBinding{binding->id, at(200), "policy"});
  CHECK_FALSE(store->binding_of(device(1)));
  CHECK(store->count_open_bindings() == 0);
  const auto history = store->binding_history(device(1), 9);
  REQUIRE(history.size() == 1);
  CHECK(history[0].until == at(200));
  CHECK(history[0].ended_by == "policy");
}

TEST_CASE_METHOD(StoreUnderTest, "ending a binding twice keeps the first end") {
  store->write(a_binding(device(1), card_one));
  const std::int64_t id = store->binding_of(device(1)).value().id;
  store->write(EndBinding{id, at(200), "anna"});
  store->write(EndBinding{id, at(300), "berta"});
  const Binding binding = store->binding_history(device(1), 9).at(0);
  CHECK(binding.until == at(200));
  CHECK(binding.ended_by == "anna");
}

TEST_CASE_METHOD(StoreUnderTest, "a second open binding of a device or a card is a conflict") {
  store->write(a_binding(device(1), card_one));
  const auto kind = [&](const CreateBinding& create) {
    return error_of([&] { store->write(create); }).kind();
  };
  CHECK(kind(a_binding(device(1), card_two)) == StoreError::Kind::conflict);
  CHECK(kind(a_binding(device(2), card_one)) == StoreError::Kind::conflict);
  CHECK(kind(a_binding(device(1), card_one)) == StoreError::Kind::conflict);
  CHECK(store->count_open_bindings() == 1);
  store->write(a_binding(device(2), card_two));
  CHECK(store->count_open_bindings() == 2);
  CHECK_FALSE(store->find_device(device(3)));
}

TEST_CASE_METHOD(StoreUnderTest, "a history is newest first and as long as asked for") {
  const auto rebind = [&](int number, const std::string& card, int since) {
    if (const auto old = store->binding_of(device(number))) {
      store->write(EndBinding{old->id, at(since), "anna"});
    }
    store->write(a_binding(device(number), card, since));
  };
  rebind(1, card_one, 100);
  rebind(1, card_two, 200);
  rebind(2, card_one, 250);
  rebind(1, card_three, 300);

  const auto of_device = store->binding_history(device(1), 9);
  REQUIRE(of_device.size() == 3);
  CHECK(of_device[0].iccid.text() == card_three);
  CHECK(of_device[1].iccid.text() == card_two);
  CHECK(of_device[2].iccid.text() == card_one);
  CHECK_FALSE(of_device[0].until);
  CHECK(of_device[2].until == at(200));
  CHECK(store->binding_history(device(1), 2).size() == 2);
  CHECK(store->binding_history(device(1), 1).size() == 1);

  const auto of_card = store->binding_history(iccid(card_one), 9);
  REQUIRE(of_card.size() == 2);
  CHECK(of_card[0].device == device(2));
  CHECK(of_card[1].device == device(1));
  CHECK(store->binding_history(iccid(card_two), 9).at(0).until == at(300));
  CHECK(store->binding_history(device(9), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a device and a card were first bound when their first binding began") {
  CHECK_FALSE(store->first_bound(device(1), iccid(card_one)));
  store->write(a_binding(device(1), card_one, 100));
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  store->write(EndBinding{store->binding_of(device(1)).value().id, at(150), "anna"});
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  store->write(a_binding(device(1), card_one, 200));
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  CHECK_FALSE(store->first_bound(device(1), iccid(card_two)));
  CHECK_FALSE(store->first_bound(device(2), iccid(card_one)));
}

TEST_CASE_METHOD(StoreUnderTest, "a bound card is read with the fields that a decision needs") {
  CHECK_FALSE(store->bound_card(device(1)));
  Card card = a_card(card_one);
  card.platform = 7;
  card.status = CardStatus::suspended;
  card.network = Network::blocked;
  card.used_bytes = 5;
  card.limit_bytes = 10;
  card.remaining_bytes = -1;
  card.usage_scope = UsageScope::pool;
  card.expires_at = at(900);
  card.alert_percent = 90;
  store->add_card(card);
  store->write(SetAbnormal{card.iccid, {Abnormal::suspended, Abnormal::network_blocked}});
  store->write(a_binding(device(1), card_one));
  const BoundCard bound = store->bound_card(device(1)).value();
  const MatchedCard found = store->matched_cards(card.iccid).at(0);
  const std::int64_t id = store->binding_of(device(1)).value().id;
  CHECK(bound.binding.id == id);
  for (const MatchedCard& fitting : {bound.card.value(), found}) {
    CHECK(fitting.card == static_cast<const CardState&>(card));
    CHECK(fitting.match == Match::exact);
    CHECK(fitting.announced == AbnormalReasons{Abnormal::suspended, Abnormal::network_blocked});
    CHECK(fitting.binding.value().id == id);
  }
  store->write(EndBinding{id, at(200), "anna"});
  CHECK_FALSE(store->bound_card(device(1)));
  CHECK_FALSE(store->matched_cards(card.iccid).at(0).binding);
  CHECK(store->matched_cards(iccid(card_two)).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the binding of a removed card stays") {
  store->add_card(a_card(card_one));
  store->write(a_binding(device(1), card_one));
  CHECK(store->remove_card(iccid(card_one)));
  CHECK(store->binding_of(device(1)));
  CHECK_FALSE(store->bound_card(device(1)).value().card);
}

}  // namespace iotcard
