// SPDX-License-Identifier: Apache-2.0
// What each report of a batch leaves to the next one, and what is written in the end. No store.
#include "domain/unit_of_work.h"

#include <catch2/catch.hpp>
#include <utility>

#include "unit_of_work_samples.h"

using namespace iotcard;
using namespace iotcard::unit_of_work_samples;

namespace {

// The card that a report of this device and this ICCID would be decided on.
MatchedCard only_card(const UnitOfWork& work, const DeviceKey& device, const char* text) {
  const DecisionInputs inputs = work.inputs(device, iccid(text));
  REQUIRE(inputs.cards.size() == 1);
  return inputs.cards[0];
}

// Those that have ended, and then the open ones.
std::vector<Binding> new_bindings(const Changes& changes) {
  std::vector<Binding> made = changes.past_bindings;
  for (const DeviceChange& change : changes.devices) {
    if (change.bound) made.push_back(*change.bound);
  }
  return made;
}

}  // namespace

TEST_CASE("the keys of a batch are asked about in order and once each") {
  ReportKeys keys{{there, here, there}, {iccid(card_b), iccid(card_a), iccid(card_b)}};
  keys.sort();
  CHECK(keys.devices == std::vector{here, there});
  CHECK(keys.iccids == std::vector{iccid(card_a), iccid(card_b)});
}

TEST_CASE("what was read and not changed is not written") {
  UnitOfWork work{Snapshot{{known(here, bound(here, card_a), {mismatch(here)}), known(there)},
                           {card(card_a, bound(here, card_a)), card(card_b)}}};
  work.inputs(here, iccid(card_a));
  const Changes changes = work.take();
  CHECK(changes.devices.empty());
  CHECK(changes.ended_bindings.empty());
  CHECK(changes.past_bindings.empty());
  CHECK(changes.settled_mismatches.empty());
  CHECK(changes.repeated_mismatches.empty());
  CHECK(changes.new_mismatches.empty());
  CHECK(changes.cards.empty());
  CHECK(changes.rejected.empty());
  CHECK(changes.events.empty());
}

TEST_CASE("a binding that one report makes is its device's and its card's for the next one") {
  UnitOfWork work{Snapshot{{known(here), known(there)}, {card(card_a)}}};
  CHECK_FALSE(work.inputs(here, iccid(card_a)).device_binding);
  CHECK_FALSE(only_card(work, here, card_a).binding);
  work.apply(create(here, card_a, at(1)));
  CHECK(work.inputs(here, {}).device_binding.value().iccid.text() == card_a);
  CHECK(only_card(work, here, card_a).binding.value().device == here);
  CHECK(only_card(work, there, card_a).binding.value().device == here);
  CHECK_FALSE(work.inputs(there, iccid(card_a)).device_binding);
  const Changes changes = work.take();
  REQUIRE(new_bindings(changes).size() == 1);
  CHECK(new_bindings(changes)[0].device == here);
  CHECK(new_bindings(changes)[0].since == at(1));
  CHECK(new_bindings(changes)[0].last_seen == at(1));
  CHECK_FALSE(new_bindings(changes)[0].until);
  CHECK(new_bindings(changes)[0].created_by == "report");
}

TEST_CASE("a binding that is confirmed again and again is written once, with the last time") {
  UnitOfWork work{
      Snapshot{{known(here, bound(here, card_a))}, {card(card_a, bound(here, card_a))}}};
  work.apply(ConfirmBinding{here, at(1)});
  work.apply(ConfirmBinding{here, at(2)});
  work.save(here, report(at(2)));
  CHECK(work.inputs(here, {}).device_binding.value().last_seen == at(2));
  CHECK(only_card(work, here, card_a).binding.value().last_seen == at(2));
  const Changes changes = work.take();
  REQUIRE(changes.devices.size() == 1);
  CHECK(changes.devices[0].device == here);
  CHECK(changes.devices[0].confirmed_at == at(2));
  CHECK(changes.ended_bindings.empty());
  CHECK(new_bindings(changes).empty());
}

TEST_CASE("a binding that is confirmed and then ended is written once, with both times") {
  UnitOfWork work{Snapshot{{known(here, bound(here, card_a))}, {}}};
  work.apply(ConfirmBinding{here, at(1)});
  work.apply(EndBinding{here, at(2), "policy"});
  const Changes changes = work.take();
  REQUIRE(changes.ended_bindings.size() == 1);
  CHECK(changes.ended_bindings[0].last_seen == at(1));
  CHECK(changes.ended_bindings[0].until == at(2));
  CHECK(changes.ended_bindings[0].ended_by == "policy");
  CHECK(changes.devices.empty());
}

TEST_CASE("a binding that is made, confirmed and ended is one new row with its end") {
  UnitOfWork work{Snapshot{{known(here)}, {card(card_a)}}};
  work.apply(create(here, card_a, at(1)));
  work.apply(ConfirmBinding{here, at(2)});
  work.apply(EndBinding{here, at(3), "policy"});
  CHECK_FALSE(work.inputs(here, {}).device_binding);
  CHECK_FALSE(only_card(work, here, card_a).binding);
  const Changes changes = work.take();
  REQUIRE(new_bindings(changes).size() == 1);
  CHECK(new_bindings(changes)[0].since == at(1));
  CHECK(new_bindings(changes)[0].last_seen == at(2));
  CHECK(new_bindings(changes)[0].until == at(3));
  CHECK(new_bindings(changes)[0].ended_by == "policy");
  CHECK(changes.devices.empty());
  CHECK(changes.ended_bindings.empty());
}

TEST_CASE("an ended binding frees its card and its device for the next report") {
  UnitOfWork work{Snapshot{{known(here, bound(here, card_a)), known(there)},
                           {card(card_a, bound(here, card_a)), card(card_b)}}};
  work.apply(EndBinding{here, at(1), "policy"});
  CHECK_FALSE(work.inputs(here, {}).device_binding);
  CHECK_FALSE(only_card(work, there, card_a).binding);
  work.apply(create(here, card_b, at(2)));
  work.apply(create(there, card_a, at(3)));
  CHECK(work.inputs(here, {}).device_binding.value().iccid.text() == card_b);
  CHECK(only_card(work, here, card_a).binding.value().device == there);
  const Changes changes = work.take();
  REQUIRE(changes.ended_bindings.size() == 1);
  CHECK(changes.ended_bindings[0].device == here);
  CHECK(changes.ended_bindings[0].until == at(1));
  CHECK(changes.ended_bindings[0].ended_by == "policy");
  REQUIRE(new_bindings(changes).size() == 2);
  CHECK(new_bindings(changes)[0].iccid.text() == card_b);
  CHECK(new_bindings(changes)[1].iccid.text() == card_a);
}

TEST_CASE("a holder that does not report is found by its card, and its binding can be ended") {
  UnitOfWork work{Snapshot{{known(here)}, {card(card_a, bound(there, card_a))}}};
  CHECK(only_card(work, here, card_a).binding.value().device == there);
  work.apply(EndBinding{there, at(1), "policy"});
  work.apply(create(here, card_a, at(1)));
  CHECK(only_card(work, here, card_a).binding.value().device == here);
  const Changes changes = work.take();
  REQUIRE(changes.ended_bindings.size() == 1);
  CHECK(changes.ended_bindings[0].device == there);
  CHECK(changes.ended_bindings[0].ended_by == "policy");
  REQUIRE(new_bindings(changes).size() == 1);
  CHECK(new_bindings(changes)[0].device == here);
}

TEST_CASE("a holder that reports, too, is one device with all that is known of it") {
  UnitOfWork work{
      Snapshot{{known(here), known(there, bound(there, card_a), {mismatch(there)})},
               {card(card_a, bound(there, card_a)), card(card_a, bound(there, card_a))}}};
  CHECK(only_card(work, here, card_a).binding.value().device == there);
  work.apply(ConfirmBinding{there, at(1)});
  CHECK(only_card(work, here, card_a).binding.value().last_seen == at(1));
  CHECK(work.inputs(there, {}).device_binding.value().last_seen == at(1));
  CHECK(work.inputs(there, {}).standing.size() == 1);
  work.save(there, report(at(1)));
  const Changes changes = work.take();
  CHECK(changes.devices.at(0).confirmed_at == at(1));
}

TEST_CASE("the reasons of a card are what was set last, and are written once") {
  UnitOfWork work{Snapshot{{known(here)}, {card(card_a), card(card_b)}}};
  work.apply(SetAbnormal{iccid(card_a), {Abnormal::suspended}});
  CHECK(only_card(work, here, card_a).announced == AbnormalReasons{Abnormal::suspended});
  work.apply(SetAbnormal{iccid(card_a), {Abnormal::expired}});
  CHECK(only_card(work, here, card_b).announced.empty());
  const Changes changes = work.take();
  REQUIRE(changes.cards.size() == 1);
  CHECK(changes.cards[0].iccid.text() == card_a);
  CHECK(changes.cards[0].reasons == AbnormalReasons{Abnormal::expired});
}

TEST_CASE("the reasons of a card that was not read are written, too") {
  UnitOfWork work{Snapshot{}};
  work.apply(SetAbnormal{iccid(card_a), {Abnormal::suspended}});
  const Changes changes = work.take();
  REQUIRE(changes.cards.size() == 1);
  CHECK(changes.cards[0].iccid.text() == card_a);
  CHECK(changes.cards[0].reasons == AbnormalReasons{Abnormal::suspended});
}

TEST_CASE("reports of one device are saved as the last one and their number") {
  UnitOfWork work{Snapshot{{{here}, known(there)}, {}}};
  work.save(here, report(at(1), "first"));
  work.save(there, report(at(2)));
  work.save(here, report(at(3), "second"));
  work.save(here, report(at(4), "third"));
  const Changes changes = work.take();
  REQUIRE(changes.devices.size() == 2);
  CHECK(changes.devices[0].device == here);
  CHECK(changes.devices[0].id == 0);
  const SavedReport saved = changes.devices[0].report.value();
  CHECK(saved.reports == 3);
  CHECK(saved.first_at == at(1));
  CHECK(saved.last->at == at(4));
  CHECK(saved.last->topic == "third");
  CHECK(changes.devices[1].device == there);
  CHECK(changes.devices[1].id == 7);
  CHECK(changes.devices[1].report.value().reports == 1);
}

TEST_CASE("times are cut to milliseconds before the next report sees them") {
  const Instant fine = at(1) + std::chrono::microseconds{1999};
  const Instant cut = at(1) + std::chrono::milliseconds{1};
  UnitOfWork work{Snapshot{{known(here), known(there, bound(there, card_b), {mismatch(there)})},
                           {card(card_a), card(card_b, bound(there, card_b))}}};
  work.save(here, report(fine));
  work.apply(create(here, card_a, fine));
  CHECK(work.inputs(here, {}).device_binding.value().since == cut);
  CHECK(work.inputs(here, {}).device_binding.value().last_seen == cut);
  CHECK(work.first_bound(here, iccid(card_a)) == cut);
  work.apply(ConfirmBinding{there, fine});
  CHECK(only_card(work, here, card_b).binding.value().last_seen == cut);
  work.apply(EndBinding{there, fine, "policy"});
  Mismatch raised = mismatch(here);
  raised.first_seen = raised.last_seen = fine;
  work.apply(RaiseMismatch{raised});
  CHECK(work.inputs(here, {}).standing.at(0).first_seen == cut);
  work.apply(RepeatMismatch{{here}, fine, 2, {}});
  CHECK(work.inputs(here, {}).standing.at(0).last_seen == cut);
  work.apply(EndMismatch{{there}, MismatchState::dismissed, fine, "anna"});
  CHECK(work.inputs(there, {}).standing.at(0).dismissed == cut);
  work.apply(EndMismatch{{there}, MismatchState::cleared, fine, "report"});
  const Changes changes = work.take();
  CHECK(changes.devices.at(0).report.value().last->at == cut);
  CHECK(changes.devices.at(0).report.value().first_at == cut);
  CHECK(changes.ended_bindings.at(0).until == cut);
  CHECK(changes.settled_mismatches.at(0).ended == cut);
}

TEST_CASE("a card is found by either spelling of its ICCID") {
  const char* const shorter = "8986001234567890127";
  const char* const longer = "89860012345678901271";
  for (const auto& [stored, reported] : {std::pair{shorter, longer}, std::pair{longer, shorter}}) {
    UnitOfWork work{Snapshot{{known(here)}, {card(stored), card(card_a), card(card_b)}}};
    const MatchedCard found = only_card(work, here, reported);
    CHECK(found.card.iccid.text() == stored);
    CHECK(found.match == match(iccid(stored), iccid(reported)));
    work.apply(create(here, stored, at(1)));
    CHECK(only_card(work, here, reported).binding.value().device == here);
  }
}

TEST_CASE("two cards of 20 characters make a report of 19 ambiguous, and an exact one is alone") {
  const char* const reported = "8986009999999999999";
  const char* const first = "89860099999999999991";
  const char* const second = "89860099999999999992";
  UnitOfWork ambiguous{Snapshot{{known(here)}, {card(second), card(first), card(card_a)}}};
  const auto cards = ambiguous.inputs(here, iccid(reported)).cards;
  REQUIRE(cards.size() == 2);
  CHECK(cards[0].card.iccid.text() == first);
  CHECK(cards[1].card.iccid.text() == second);
  CHECK(only_card(ambiguous, here, second).card.iccid.text() == second);
  UnitOfWork exact{Snapshot{{known(here)}, {card(second), card(reported), card(first)}}};
  CHECK(only_card(exact, here, reported).match == Match::exact);
  CHECK(only_card(exact, here, reported).card.iccid.text() == reported);
}

TEST_CASE("a report without a readable ICCID is decided without a card") {
  const UnitOfWork work{
      Snapshot{{known(here, bound(here, card_a))}, {card(card_a, bound(here, card_a))}}};
  CHECK(work.inputs(here, {}).cards.empty());
  CHECK(work.inputs(here, {}).device_binding);
  CHECK(work.inputs(here, iccid(card_b)).cards.empty());
}

TEST_CASE("events and rejected reports keep their order") {
  UnitOfWork work{Snapshot{}};
  for (const DeviceKey& device : {there, here}) {
    work.publish({EventKind::binding_released, device, iccid(card_a), at(1), "{}"});
    work.publish({EventKind::binding_created, device, iccid(card_a), at(1), "{}"});
    work.reject({.topic = device.number, .payload = "{"}, {RejectionReason::truncated, 1});
  }
  const Changes changes = work.take();
  REQUIRE(changes.events.size() == 4);
  CHECK(changes.events[0].topic == "event/binding/released/1/THERE");
  CHECK(changes.events[1].topic == "event/binding/created/1/THERE");
  CHECK(changes.events[2].topic == "event/binding/released/1/HERE");
  CHECK(changes.events[3].topic == "event/binding/created/1/HERE");
  REQUIRE(changes.rejected.size() == 2);
  CHECK(changes.rejected[0].report.topic == "THERE");
  CHECK(changes.rejected[1].report.topic == "HERE");
  CHECK(changes.rejected[1].rejection.reason == RejectionReason::truncated);
}

TEST_CASE("only bindings that the unit has made itself count as its first ones") {
  UnitOfWork work{Snapshot{{known(here, bound(here, card_a)), known(there)},
                           {card(card_a, bound(here, card_a)), card(card_b)}}};
  CHECK_FALSE(work.first_bound(here, iccid(card_a)));
  work.apply(EndBinding{here, at(1), "policy"});
  CHECK_FALSE(work.first_bound(here, iccid(card_a)));
  work.apply(create(here, card_a, at(2)));
  work.apply(EndBinding{here, at(3), "policy"});
  work.apply(create(here, card_a, at(4)));
  CHECK(work.first_bound(here, iccid(card_a)) == at(2));
  CHECK_FALSE(work.first_bound(there, iccid(card_a)));
  CHECK_FALSE(work.first_bound(here, iccid(card_b)));
}
