// SPDX-License-Identifier: Apache-2.0
// A unit of work at its store: what read() finds for many keys at once, and what write() makes of
// rows that have been changed more than once.
#include <algorithm>

#include "contract/store_under_test.h"

namespace iotcard {
namespace {

KnownDevice known_in(const Snapshot& snapshot, const DeviceKey& device) {
  const auto found = std::ranges::find(snapshot.devices, device, &KnownDevice::device);
  REQUIRE(found != snapshot.devices.end());
  return *found;
}

bool has_card(const Snapshot& snapshot, std::string_view text) {
  return std::ranges::any_of(
      snapshot.cards, [&](const MatchedCard& card) { return card.card.iccid.text() == text; });
}

// Whose the card is; "" if it is free.
std::string holder_in(const Snapshot& snapshot, std::string_view text) {
  for (const MatchedCard& card : snapshot.cards) {
    if (card.card.iccid.text() == text && card.binding) return card.binding->device.text();
  }
  return "";
}

Binding an_ended_binding(const DeviceKey& device, std::string_view text) {
  Binding binding = an_open_binding(device, text);
  binding.until = at(200);
  binding.ended_by = "policy";
  return binding;
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "an ICCID is read with the cards of its other spelling") {
  store->add_card(a_card("8986001234567890127"));
  store->add_card(a_card("89860099999999999991"));
  store->add_card(a_card("8986009999999999999F"));
  const auto finds = [&](std::string_view reported, std::string_view card) {
    return has_card(store->read({{}, {iccid(reported)}}), card);
  };
  CHECK(finds("8986001234567890127", "8986001234567890127"));
  CHECK(finds("89860012345678901271", "8986001234567890127"));
  CHECK(finds("8986009999999999999", "89860099999999999991"));
  CHECK(finds("8986009999999999999", "8986009999999999999F"));
  CHECK_FALSE(finds("89860012345678901271", "89860099999999999991"));
}

TEST_CASE_METHOD(StoreUnderTest, "devices and cards are read at once, each with what is its own") {
  store->add_card(a_card(card_one));
  store->add_card(a_card(card_two));
  apply(*store, a_binding(device(1), card_one));
  save_report(*store, device(2), {"t", "{}", at(1), a_report(card_three), Outcome::card_unknown});
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_unknown, card_three)});
  ReportKeys keys{{device(1), device(2)}, {iccid(card_one), iccid(card_two)}};
  keys.sort();
  const Snapshot found = store->read(keys);
  CHECK(found.devices.size() == 2);
  const KnownDevice bound = known_in(found, device(1));
  CHECK(bound.binding.value().iccid.text() == card_one);
  CHECK(bound.standing.empty());
  const KnownDevice reporting = known_in(found, device(2));
  CHECK_FALSE(reporting.binding);
  CHECK(reporting.id > 0);
  REQUIRE(reporting.standing.size() == 1);
  CHECK(reporting.standing[0].reported == card_three);
  CHECK(has_card(found, card_one));
  CHECK(has_card(found, card_two));
  CHECK(holder_in(found, card_one) == device(1).text());
  CHECK(holder_in(found, card_two).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a card is read with its holder, which need not be asked about") {
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one));
  const Snapshot found = store->read({{device(2)}, {iccid(card_one)}});
  CHECK(found.devices.size() == 1);
  CHECK_FALSE(known_in(found, device(2)).binding);
  CHECK(holder_in(found, card_one) == device(1).text());
}

TEST_CASE_METHOD(StoreUnderTest, "of a device only the mismatches that stand are read, in order") {
  for (const Outcome outcome : {Outcome::card_unknown, Outcome::iccid_invalid}) {
    apply(*store, RaiseMismatch{a_mismatch(device(1), outcome, card_one)});
  }
  apply(*store, EndMismatch{{device(1)}, MismatchState::cleared, at(5), "report"});
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_two)});
  const auto standing = known_in(store->read({{device(1)}, {}}), device(1)).standing;
  REQUIRE(standing.size() == 2);
  CHECK(standing[0].outcome == Outcome::iccid_invalid);
  CHECK(standing[1].outcome == Outcome::card_in_use);
  CHECK(standing[0].id < standing[1].id);
}

TEST_CASE_METHOD(StoreUnderTest, "what a write ends makes room for what is new in it") {
  apply(*store, a_binding(device(1), card_one));
  apply(*store, a_binding(device(2), card_two));
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_two)});
  Changes changes;
  changes.ended_bindings = {an_ended_binding(device(1), card_one),
                            an_ended_binding(device(2), card_two)};
  const auto ids = store->read({{device(1), device(2)}, {}}).devices;
  changes.devices = {{device(1), ids.at(0).id, {}, {}, an_open_binding(device(1), card_two)},
                     {device(2), ids.at(1).id, {}, {}, an_open_binding(device(2), card_one)}};
  Mismatch ended = a_mismatch(device(1), Outcome::card_in_use, card_two);
  ended.state = MismatchState::cleared;
  ended.ended = at(200);
  ended.ended_by = "report";
  changes.settled_mismatches = {ended};
  changes.new_mismatches = {a_mismatch(device(1), Outcome::wrong_platform, card_two)};
  store->write("", changes);
  CHECK(store->binding_of(device(1)).value().iccid.text() == card_two);
  CHECK(store->binding_of(device(2)).value().iccid.text() == card_one);
  CHECK(store->count_open_bindings() == 2);
  CHECK(store->standing_mismatches(device(1)).at(0).outcome == Outcome::wrong_platform);
}

TEST_CASE_METHOD(StoreUnderTest, "what was made and ended before it was written is history") {
  Changes changes;
  changes.past_bindings = {an_ended_binding(device(1), card_one)};
  changes.devices = {{device(1), 0, {}, {}, an_open_binding(device(1), card_two)}};
  Mismatch cleared = a_mismatch(device(1), Outcome::card_unknown, card_three);
  cleared.state = MismatchState::cleared;
  cleared.ended = at(200);
  cleared.ended_by = "report";
  changes.new_mismatches = {cleared};
  store->write("", changes);
  const auto history = store->binding_history(device(1), 9);
  REQUIRE(history.size() == 2);
  CHECK(history[0].iccid.text() == card_two);
  CHECK_FALSE(history[0].until);
  CHECK(history[1].iccid.text() == card_one);
  CHECK(history[1].until == at(200));
  CHECK(history[1].ended_by == "policy");
  CHECK(store->standing_mismatches(device(1)).empty());
  const auto past = store->list_mismatches({.standing_only = false}, "", 9).rows;
  REQUIRE(past.size() == 1);
  CHECK(past[0].state == MismatchState::cleared);
  CHECK(past[0].ended == at(200));
  CHECK(past[0].ended_by == "report");
}

TEST_CASE_METHOD(StoreUnderTest, "a mismatch that is repeated stays dismissed") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  Mismatch mismatch = store->standing_mismatches(device(1)).at(0);
  mismatch.state = MismatchState::dismissed;
  mismatch.dismissed = at(20);
  mismatch.dismissed_by = "anna";
  mismatch.last_seen = at(30);
  mismatch.count = 2;
  Changes changes;
  SECTION("in the write that dismisses it") {
    changes.settled_mismatches = {mismatch};
  }
  SECTION("in a later one") {
    apply(*store, EndMismatch{{device(1)}, MismatchState::dismissed, at(20), "anna"});
    changes.repeated_mismatches = {mismatch};
  }
  store->write("", changes);
  const auto standing = store->standing_mismatches(device(1));
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].state == MismatchState::dismissed);
  CHECK(standing[0].dismissed == at(20));
  CHECK(standing[0].dismissed_by == "anna");
  CHECK(standing[0].last_seen == at(30));
  CHECK(standing[0].count == 2);
}

TEST_CASE_METHOD(StoreUnderTest, "reports of a device that are written together are all counted") {
  const auto write = [&](std::int64_t reports, int first, int last) {
    Changes changes;
    const LastReport report{"t", "{}", at(last), a_report(card_one), Outcome::card_unknown};
    changes.devices.push_back({device(1), store->read({{device(1)}, {}}).devices.at(0).id,
                               SavedReport{report, reports, at(first)}});
    store->write("", changes);
    return store->find_device(device(1)).value();
  };
  const DeviceRow first = write(3, 1, 5);
  CHECK(first.reports == 3);
  CHECK(first.first_seen == at(1));
  CHECK(first.last_seen == at(5));
  const DeviceRow later = write(2, 6, 9);
  CHECK(later.reports == 5);
  CHECK(later.first_seen == at(1));
  CHECK(later.last_seen == at(9));
}

TEST_CASE_METHOD(StoreUnderTest, "a write is made as a whole or not at all") {
  apply(*store, a_binding(device(1), card_one));
  UnitOfWork work{Snapshot{{{device(2)}}, {}}};
  work.save(device(2), {"t", "{}", at(1), a_report(card_one), Outcome::binding_created});
  work.apply(a_binding(device(2), card_one));
  work.reject({.topic = "t", .payload = {}, .arrival = at(2)}, {RejectionReason::empty, 0});
  work.publish(an_event(device(2)));
  const Changes changes = work.take();
  const auto write = [&] { store->write("here", changes); };
  CHECK(error_of(write).kind() == StoreError::Kind::conflict);
  CHECK_FALSE(store->find_device(device(2)));
  CHECK(store->count_rejected() == 0);
  CHECK(store->count_outbox("here") == 0);
  apply(*store, EndBinding{device(1), at(200), "anna"});
  write();
  CHECK(store->binding_of(device(2)));
  CHECK(store->count_rejected() == 1);
  CHECK(store->count_outbox("here") == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "a late report counts, and leaves the last one in its place") {
  const auto save = [&](LastReport report, bool retained, bool late) {
    UnitOfWork work{store->read({{device(1)}, {}})};
    work.save(device(1), std::move(report), retained, late);
    store->write("here", work.take());
  };
  const auto known = [&] { return known_in(store->read({{device(1)}, {}}), device(1)); };
  save({"kept", "{}", at(9), a_report(card_one), Outcome::card_unknown}, true, false);
  CHECK_FALSE(known().heard_live);
  CHECK(known().last_seen == at(9));
  DeviceReport with_imei = a_report(card_two);
  with_imei.imei = "867530912345678";
  save({"live", "{}", at(20), with_imei, Outcome::card_unknown}, false, false);
  save({"late", "{}", at(5), a_report(card_one), Outcome::no_card}, false, true);
  CHECK(known().heard_live);
  CHECK(known().last_seen == at(20));
  CHECK(known().imei == "867530912345678");
  save({"live", "{}", at(30), a_report(card_two), Outcome::card_unknown}, false, false);
  CHECK(known().imei == "867530912345678");  // a report without one changes nothing
  const DeviceRow row = store->find_device(device(1)).value();
  CHECK(row.reports == 4);
  CHECK(row.first_seen == at(5));
  CHECK(row.last_topic == "live");
  CHECK(row.imei == "867530912345678");
}

TEST_CASE_METHOD(StoreUnderTest,
                 "what a late report meets: the newest outcome and ended bindings") {
  const auto past = [&] { return store->past(device(1), iccid(card_one)); };
  CHECK_FALSE(past().outcome);
  save_report(*store, device(1), {"t", "{}", at(1), a_report(card_one), Outcome::card_unknown});
  store->add_card(a_card(card_one));
  apply(*store, a_binding(device(1), card_one, 100));
  CHECK_FALSE(past().of_device);
  CHECK(past().outcome == Outcome::card_unknown);
  apply(*store, EndBinding{device(1), at(200), "anna"});
  apply(*store, a_binding(device(2), card_one, 300));
  apply(*store, EndBinding{device(2), at(400), "bert"});
  CHECK(past().of_device.value().until == at(200));
  CHECK(past().of_card.value().device == device(2));
  CHECK(past().of_card.value().until == at(400));
}

TEST_CASE_METHOD(StoreUnderTest, "a binding is read with the IMEI of its device") {
  Card locked = a_card(card_one);
  locked.imei = "867530912345678";
  store->add_card(locked);
  DeviceReport report = a_report(card_one);
  report.imei = "867530912345686";
  save_report(*store, device(1), {"t", "{}", at(1), report, Outcome::binding_created});
  apply(*store, a_binding(device(1), card_one));
  CHECK(store->find_card(iccid(card_one)).value().binding.value().imei == report.imei);
  CHECK(store->find_card(iccid(card_one)).value().card.imei == locked.imei);
  for (const ReportKeys& keys :
       {ReportKeys{{device(1)}, {}}, ReportKeys{{device(2)}, {iccid(card_one)}}}) {
    const Snapshot found = store->read(keys);
    REQUIRE(found.cards.size() == 1);
    CHECK(found.cards[0].binding.value().imei == report.imei);
    CHECK(found.cards[0].card.imei == locked.imei);
  }
}

}  // namespace iotcard
