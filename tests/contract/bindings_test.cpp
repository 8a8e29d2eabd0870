// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"

namespace iotcard {

TEST_CASE_METHOD(StoreUnderTest, "a binding is open from its creation to its end") {
  CHECK_FALSE(store->binding_of(device(1)));
  apply(*store, CreateBinding{device(1), iccid(card_one), Match::strong, at(100), "anna"});
  auto binding = store->binding_of(device(1));
  REQUIRE(binding);
  CHECK(binding->device == device(1));
  CHECK(binding->iccid.text() == card_one);
  CHECK(binding->match == Match::strong);
  CHECK(binding->since == at(100));
  CHECK(binding->last_seen == at(100));
  CHECK_FALSE(binding->until);
  CHECK(binding->created_by == "anna");
  CHECK(binding->ended_by.empty());
  CHECK(store->count_open_bindings() == 1);

  UnitOfWork work{store->read({{device(1)}, {}})};
  work.apply(ConfirmBinding{device(1), at(150)});
  work.save(device(1), {"t", "{}", at(150), a_report(card_one), Outcome::binding_confirmed});
  store->write("", work.take());
  CHECK(store->binding_of(device(1)).value().last_seen == at(150));

  apply(*store, EndBinding{device(1), at(200), "policy"});
  CHECK_FALSE(store->binding_of(device(1)));
  CHECK(store->count_open_bindings() == 0);
  const auto history = store->binding_history(device(1), 9);
  REQUIRE(history.size() == 1);
  CHECK(history[0].until == at(200));
  CHECK(history[0].ended_by == "policy");
}

TEST_CASE_METHOD(StoreUnderTest, "a binding is ended once") {
  apply(*store, a_binding(device(1), card_one));
  Changes changes;
  changes.ended_bindings.push_back(store->binding_of(device(1)).value());
  Binding& ended = changes.ended_bindings[0];
  ended.until = at(200);
  ended.ended_by = "anna";
  store->write("", changes);
  ended.until = at(300);
  ended.ended_by = "berta";
  CHECK(error_of([&] { store->write("", changes); }).kind() == StoreError::Kind::conflict);
  CHECK(store->binding_history(device(1), 9).size() == 1);
  const Binding binding = store->binding_history(device(1), 9).at(0);
  CHECK(binding.until == at(200));
  CHECK(binding.ended_by == "anna");
}

TEST_CASE_METHOD(StoreUnderTest, "a second open binding of a device or a card is a conflict") {
  apply(*store, a_binding(device(1), card_one));
  // Written whatever is open: a unit of work would not notice.
  const auto kind = [&](const Binding& binding) {
    Changes changes;
    changes.devices.push_back(
        {binding.device, store->read({{binding.device}, {}}).devices.at(0).id, {}, {}, binding});
    return error_of([&] { store->write("", changes); }).kind();
  };
  CHECK(kind(an_open_binding(device(1), card_two)) == StoreError::Kind::conflict);
  CHECK(kind(an_open_binding(device(2), card_one)) == StoreError::Kind::conflict);
  CHECK(kind(an_open_binding(device(1), card_one)) == StoreError::Kind::conflict);
  CHECK(store->count_open_bindings() == 1);
  CHECK_FALSE(store->find_device(device(2)));  // nothing of a refused write is left
  apply(*store, a_binding(device(2), card_two));
  CHECK(store->count_open_bindings() == 2);
  CHECK_FALSE(store->find_device(device(3)));
}

TEST_CASE_METHOD(StoreUnderTest, "a history is newest first and as long as asked for") {
  const auto rebind = [&](int number, const std::string& card, int since) {
    if (store->binding_of(device(number))) {
      apply(*store, EndBinding{device(number), at(since), "anna"});
    }
    apply(*store, a_binding(device(number), card, since));
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
  apply(*store, a_binding(device(1), card_one, 100));
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  apply(*store, EndBinding{device(1), at(150), "anna"});
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  apply(*store, a_binding(device(1), card_one, 200));
  CHECK(store->first_bound(device(1), iccid(card_one)) == at(100));
  CHECK_FALSE(store->first_bound(device(1), iccid(card_two)));
  CHECK_FALSE(store->first_bound(device(2), iccid(card_one)));
}

TEST_CASE_METHOD(StoreUnderTest, "a bound card is read with the fields that a decision needs") {
  const ReportKeys of_device{{device(1)}, {}};
  const ReportKeys of_card{{}, {iccid(card_one)}};
  const Snapshot before = store->read({of_device.devices, of_card.iccids});
  REQUIRE(before.devices.size() == 1);
  CHECK(before.devices[0].device == device(1));
  CHECK_FALSE(before.devices[0].binding);
  CHECK(before.devices[0].standing.empty());
  CHECK(before.cards.empty());
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
  apply(*store, SetAbnormal{card.iccid, {Abnormal::suspended, Abnormal::network_blocked}});
  apply(*store, a_binding(device(1), card_one));
  const Snapshot by_device = store->read(of_device);
  CHECK(by_device.devices.at(0).binding.value().iccid == card.iccid);
  const Snapshot by_card = store->read(of_card);
  CHECK(by_card.devices.empty());
  for (const MatchedCard& found : {by_device.cards.at(0), by_card.cards.at(0)}) {
    CHECK(found.card == static_cast<const CardState&>(card));
    CHECK(found.announced == AbnormalReasons{Abnormal::suspended, Abnormal::network_blocked});
    CHECK(found.binding.value().device == device(1));
  }
  apply(*store, EndBinding{device(1), at(200), "anna"});
  CHECK_FALSE(store->read(of_device).devices.at(0).binding);
  CHECK_FALSE(store->read(of_card).cards.at(0).binding);
  CHECK(store->read({{}, {iccid(card_two)}}).cards.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the binding of a removed card stays") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one));
  CHECK(store->remove_card(iccid(card_one)));
  CHECK(store->binding_of(device(1)));
  const Snapshot known = store->read({{device(1)}, {iccid(card_one)}});
  CHECK(known.devices.at(0).binding.value().iccid.text() == card_one);
  CHECK(known.cards.empty());
  // Another card is not taken for it, and it is the bound one again once it is back.
  store->add_card(a_card(card_two));
  CHECK(store->read({{device(1)}, {}}).cards.empty());
  store->add_card(a_card(card_one));
  const Snapshot again = store->read({{device(1)}, {}});
  CHECK(again.cards.at(0).card.iccid.text() == card_one);
  CHECK(store->list_cards({.bound = true}, "", 9).rows.size() == 1);
}

}  // namespace iotcard
