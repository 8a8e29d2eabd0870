// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/mismatch_batch.h"
#include "operations/mismatch_export.h"
#include "operations_bench.h"

using namespace iotcard;
using Events = std::vector<std::string>;
using Kind = OperationError::Kind;

namespace {

const char* const one = "898604293620C0000970";
const char* const two = "89860617060065258667";

struct Desk : OperationsBench {
  void add(const char* iccid, std::vector<FieldChange> fields = {}) {
    add_card(store(), context, iccid_of(iccid), fields);
  }
  Acceptance accept(const char* device, const char* card = nullptr) {
    events();
    std::optional<Iccid> wanted;
    if (card != nullptr) wanted = iccid_of(card);
    return accept_mismatch(store(), context, standing(device).id, wanted);
  }
  Kind refusal(const char* device, const char* card = nullptr) {
    try {
      accept(device, card);
    } catch (const OperationError& error) {
      return error.kind();
    }
    FAIL("was accepted");
    return {};
  }
};

}  // namespace

TEST_CASE("accepting a swapped SIM binds the device to the card it reported") {
  Desk desk;
  desk.add(one);
  desk.add(two);
  desk.report_card("1/D1", one);
  REQUIRE(desk.report_card("1/D1", two) == Outcome::device_has_other_card);
  const Acceptance accepted = desk.accept("1/D1");
  CHECK(accepted.binding.iccid.text() == two);
  REQUIRE(accepted.released.size() == 1);
  CHECK(accepted.released[0].iccid.text() == one);
  CHECK(desk.events() ==
        Events{"mismatch/cleared/1/D1", "binding/released/1/D1", "binding/created/1/D1"});
  const Mismatch over = desk.store().find_mismatch(accepted.mismatch.id).value();
  CHECK(over.state == MismatchState::accepted);
  CHECK(over.ended_by == "ann");
  CHECK(desk.report_card("1/D1", two) == Outcome::binding_confirmed);
}

TEST_CASE("accepting a moved SIM ends both bindings, and frees the card that another waits for") {
  Desk desk;
  desk.add(one);
  desk.add(two);
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", two);
  REQUIRE(desk.report_card("1/D2", one) == Outcome::card_in_use);
  REQUIRE(desk.report_card("1/D3", two) == Outcome::card_in_use);
  desk.accept("1/D2");
  CHECK(desk.events() == Events{"mismatch/cleared/1/D2", "binding/released/1/D1",
                                "binding/released/1/D2", "binding/created/1/D2",
                                "mismatch/cleared/1/D3", "binding/created/1/D3"});
  CHECK(desk.card_of("1/D1").empty());
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.card_of("1/D3") == two);
}

TEST_CASE("accepting an unknown card adds it with the platform that the report named") {
  Desk desk;
  REQUIRE(desk.report("1/D1", R"({"iccid":"898604293620C0000970","cardPlatformId":3})") ==
          Outcome::card_unknown);
  CHECK(desk.accept("1/D1").card_added);
  const StoredCard card = require_card(desk.store(), iccid_of(one));
  CHECK(card.card.platform == 3);
  CHECK(card.card.status == CardStatus::unknown);
  CHECK(desk.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
}

TEST_CASE("accepting a wrong platform moves the card to the reported one") {
  Desk desk;
  desk.add(one, {{"platform", "1"}});
  REQUIRE(desk.report("1/D1", R"({"iccid":"898604293620C0000970","cardPlatformId":3})") ==
          Outcome::wrong_platform);
  desk.accept("1/D1");
  CHECK(require_card(desk.store(), iccid_of(one)).card.platform == 3);
  CHECK(desk.card_of("1/D1") == one);
  CHECK(desk.count_standing("1/D1") == 0);
}

TEST_CASE("accepting an ambiguous ICCID needs one of the cards that fit") {
  Desk desk;
  desk.add("89860617060065258661");
  desk.add("89860617060065258669");
  desk.add(one);
  REQUIRE(desk.report_card("1/D1", "8986061706006525866") == Outcome::iccid_ambiguous);
  CHECK(desk.refusal("1/D1") == Kind::invalid);
  CHECK(desk.refusal("1/D1", one) == Kind::invalid);
  desk.accept("1/D1", "89860617060065258669");
  CHECK(desk.card_of("1/D1") == "89860617060065258669");
  CHECK(desk.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
}

TEST_CASE("an unreadable ICCID cannot be accepted, nor a card be named where one fits") {
  Desk desk;
  REQUIRE(desk.report_card("1/D1", "8.98604E+19") == Outcome::iccid_invalid);
  CHECK(desk.refusal("1/D1") == Kind::invalid);
  REQUIRE(desk.report_card("1/D2", one) == Outcome::card_unknown);
  CHECK(desk.refusal("1/D2", two) == Kind::invalid);
  CHECK(desk.count_standing("1/D1") == 1);
  CHECK(desk.events().empty());
}

TEST_CASE("a dismissed mismatch stays dismissed until its cause is gone") {
  Desk desk;
  REQUIRE(desk.report_card("1/D1", one) == Outcome::card_unknown);
  const std::int64_t id = desk.standing("1/D1").id;
  desk.events();
  dismiss_mismatch(desk.store(), desk.context, id);
  CHECK(desk.events() == Events{"mismatch/cleared/1/D1"});
  CHECK(desk.store().count_open_mismatches() == 0);
  CHECK(desk.standing("1/D1").state == MismatchState::dismissed);
  CHECK_THROWS_AS(dismiss_mismatch(desk.store(), desk.context, id), OperationError);
  desk.add(one);
  CHECK(desk.events() == Events{"binding/created/1/D1"});
  CHECK(desk.count_standing("1/D1") == 0);
}

TEST_CASE("a mismatch that has ended can be neither accepted nor dismissed") {
  Desk desk;
  CHECK_THROWS_AS(accept_mismatch(desk.store(), desk.context, 7, {}), OperationError);
  REQUIRE(desk.report_card("1/D1", one) == Outcome::card_unknown);
  const std::int64_t id = desk.accept("1/D1").mismatch.id;
  CHECK_THROWS_AS(accept_mismatch(desk.store(), desk.context, id, {}), OperationError);
  CHECK_THROWS_AS(dismiss_mismatch(desk.store(), desk.context, id), OperationError);
}

TEST_CASE("with policy follow, an older report does not take a card that an operator gave away") {
  Desk desk;
  desk.add(one);
  REQUIRE(desk.report_card("1/D1", one) == Outcome::binding_created);
  REQUIRE(desk.report_card("1/D2", one) == Outcome::card_in_use);
  REQUIRE(desk.report_card("1/D3", one) == Outcome::card_in_use);
  desk.context.policy.on_conflict = OnConflict::follow;
  desk.context.now += std::chrono::seconds{1};
  desk.accept("1/D2");
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.count_standing("1/D3") == 1);
  // A later report is followed.
  REQUIRE(desk.report_card("1/D3", one) == Outcome::card_in_use);
  CHECK(desk.card_of("1/D3") == one);
  desk.context.now += std::chrono::seconds{1};
  bind_card(desk.store(), desk.context, *DeviceKey::parse("1/D1"), iccid_of(one), true);
  CHECK(desk.card_of("1/D1") == one);
}

TEST_CASE("what accepting would do is what it does") {
  Desk desk;
  desk.add(one);
  desk.add(two);
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", two);
  desk.report_card("1/D2", one);
  const MismatchDetails details = describe_mismatch(desk.store(), desk.standing("1/D2").id);
  const AcceptancePlan& plan = details.accept;
  CHECK(plan.obstacle.empty());
  CHECK(plan.bound);
  CHECK(plan.card == iccid_of(one));
  CHECK_FALSE(plan.card_added);
  REQUIRE(details.cards.size() == 1);
  CHECK(details.bound.value().card.iccid.text() == two);
  CHECK(details.device.value().last_payload == R"({"iccid":"898604293620C0000970"})");
  const Acceptance accepted = desk.accept("1/D2");
  REQUIRE(plan.ended.size() == accepted.released.size());
  for (std::size_t i = 0; i < plan.ended.size(); ++i) {
    CHECK(plan.ended[i].device == accepted.released[i].device);
    CHECK(plan.ended[i].iccid == accepted.released[i].iccid);
  }
  const auto over = plan_acceptance(desk.store(), desk.store().find_mismatch(1).value());
  CHECK(over.obstacle.starts_with("mismatch 1 does not stand any more: accepted by ann"));
  CHECK_THROWS_AS(describe_mismatch(desk.store(), 99), OperationError);
}

TEST_CASE(
    "what accepting would do says why it cannot be, or which cards there are to choose from") {
  Desk desk;
  desk.add("89860617060065258661");
  desk.add("89860617060065258669");
  desk.report_card("1/D1", "8986061706006525866");
  const AcceptancePlan several = describe_mismatch(desk.store(), 1).accept;
  CHECK(several.obstacle.starts_with("several cards fit"));
  CHECK(several.choices.size() == 2);
  CHECK(desk.standing("1/D1").candidates.size() == 2);
  desk.report_card("1/D2", "12345");
  CHECK(describe_mismatch(desk.store(), 2).accept.obstacle.find("cannot be read") !=
        std::string::npos);
  desk.report_card("1/D3", one);
  const AcceptancePlan unknown = describe_mismatch(desk.store(), 3).accept;
  CHECK(unknown.card_added);
  CHECK(unknown.card == iccid_of(one));
  CHECK(unknown.ended.empty());
}

TEST_CASE("a mismatch that is opened again publishes its event once more, with the same count") {
  Desk desk;
  desk.add(one);
  desk.add(two);
  desk.report_card("1/D1", one);
  desk.report("1/D1", R"({"iccid":"89860617060065258667","cardPlatformId":2,"rssi":"x"})");
  desk.report_card("1/D1", two);
  const Mismatch before = desk.standing("1/D1");
  dismiss_mismatch(desk.store(), desk.context, before.id, "a spare SIM");
  CHECK(desk.standing("1/D1").reason == "a spare SIM");
  desk.report_card("1/D1", two);
  desk.events();
  desk.context.now += std::chrono::seconds{1};
  const Mismatch open = reopen_mismatch(desk.store(), desk.context, before.id);
  CHECK(open.state == MismatchState::open);
  CHECK(open.count == 3);
  CHECK(open.reason.empty());
  CHECK_FALSE(open.dismissed);
  const auto rows = desk.store().read_outbox(desk.context.client_id, 0, 100);
  CHECK(desk.events() == Events{"mismatch/device_has_other_card/1/D1"});
  CHECK(rows.back().payload.find(R"("state":"open","count":3)") != std::string::npos);
  CHECK(rows.back().payload.find(to_rfc3339(desk.context.now)) != std::string::npos);
  CHECK_THROWS_AS(reopen_mismatch(desk.store(), desk.context, before.id), OperationError);
}

TEST_CASE("an unreadable ICCID that is opened again is published as it came") {
  Desk desk;
  desk.report_card("1/D1", "12345");
  const std::int64_t id = desk.standing("1/D1").id;
  dismiss_mismatch(desk.store(), desk.context, id);
  desk.report_card("1/D1", "");  // the last report says nothing of a card
  desk.events();
  reopen_mismatch(desk.store(), desk.context, id);
  CHECK(desk.events() == Events{"mismatch/iccid_invalid/1/D1"});
  const auto rows = desk.store().read_outbox(desk.context.client_id, 0, 100);
  CHECK(rows.back().payload.find(R"("iccid":"12345")") != std::string::npos);
  CHECK(rows.back().payload.find(R"("reason":"bad-length")") != std::string::npos);
}

TEST_CASE("an operator's change of what a dismissed mismatch is about opens it again") {
  Desk desk;
  desk.add(one);
  desk.add(two);
  desk.add("8986042936207000123");
  desk.report_card("1/D1", one);
  desk.report_card("1/D1", two);
  dismiss_mismatch(desk.store(), desk.context, desk.standing("1/D1").id);
  CHECK(desk.standing("1/D1").against.bound == iccid_of(one));
  desk.events();
  desk.context.now += std::chrono::seconds{1};
  bind_card(desk.store(), desk.context, *DeviceKey::parse("1/D1"), iccid_of("8986042936207000123"),
            true);
  CHECK(desk.events() == Events{"binding/released/1/D1", "binding/created/1/D1",
                                "mismatch/device_has_other_card/1/D1"});
  CHECK(desk.standing("1/D1").state == MismatchState::open);
  CHECK(desk.standing("1/D1").against.bound == iccid_of("8986042936207000123"));
  CHECK(desk.standing("1/D1").count == 1);
}

TEST_CASE("a settled mismatch still says what stood against it") {
  Desk desk;
  desk.add(one);
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", one);
  const std::int64_t id = desk.standing("1/D2").id;
  desk.accept("1/D2");
  CHECK(desk.store().find_mismatch(id).value().against ==
        Against{{}, *DeviceKey::parse("1/D1"), {}, Suspect::moved});
}

TEST_CASE("many mismatches are settled, each by itself, and a card goes to one device only") {
  Desk desk;
  for (const char* card : {one, two}) desk.add(card);
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", one);
  desk.report_card("1/D3", one);
  desk.report_card("1/D4", "8986042936207000123");
  desk.report_card("1/D5", "12345");
  desk.events();
  SelectedMismatches selected = select_mismatches(desk.store(), {}, MismatchBatch::Action::accept);
  CHECK(selected.ids.size() == 4);
  add_id(selected, "x");
  const auto copy = desk.store().scratch_copy();
  for (Store* store : {copy.get(), &desk.store()}) {
    const MismatchBatchResult result =
        settle_mismatches(*store, desk.context, {MismatchBatch::Action::accept, "moved on"},
                          selected, {.scratch = store == copy.get()});
    CHECK(result.matching == 4);
    CHECK(result.done == 2);
    CHECK(result.bound == 2);
    CHECK(result.ended == 1);
    CHECK(result.cards_added == 1);
    REQUIRE(result.failed.size() == 3);
    CHECK(result.failed[0].id == "x");
    CHECK(result.failed[1].reason.find("bound to device 1/D2 now") != std::string::npos);
    CHECK(result.failed[2].reason.find("cannot be read") != std::string::npos);
  }
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.store().find_mismatch(1).value().reason == "moved on");

  const auto filter = MismatchFilter{.kinds = {Outcome::iccid_invalid}};
  const auto settle = [&](MismatchBatch::Action action) {
    return settle_mismatches(desk.store(), desk.context, {action},
                             select_mismatches(desk.store(), filter, action), {})
        .done;
  };
  CHECK(settle(MismatchBatch::Action::reopen) == 0);
  CHECK(settle(MismatchBatch::Action::dismiss) == 1);
  CHECK(settle(MismatchBatch::Action::dismiss) == 0);
  CHECK(settle(MismatchBatch::Action::reopen) == 1);
  CHECK_THROWS_AS(
      settle_mismatches(desk.store(), desk.context,
                        {MismatchBatch::Action::dismiss, std::string(501, 'x')}, {}, {}),
      OperationError);
}

TEST_CASE("ids of a list are read with their mistakes") {
  SelectedMismatches selected;
  std::istringstream text{"id\n 7 \n# no\n\n8 # yes\n7\nx\n0\n"};
  add_ids(selected, text);
  CHECK(selected.ids == std::vector<std::int64_t>{7, 8});
  REQUIRE(selected.failed.size() == 2);
  CHECK(selected.failed[0].id == "x");
}

TEST_CASE("mismatches are counted by state, kind and suspect, up to a bound that is said") {
  Desk desk;
  desk.add(one);
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", one);
  desk.report_card("1/D3", two);
  desk.report_card("1/D4", two);
  dismiss_mismatch(desk.store(), desk.context, desk.standing("1/D4").id);
  const auto counts = count_mismatch_groups(desk.store());
  REQUIRE(counts.size() == 3);
  CHECK(counts[0].group.kind == Outcome::card_unknown);
  CHECK(counts[0].rows == 1);
  CHECK_FALSE(counts[0].is_lower_bound);
  CHECK(counts[1].group.suspect == Suspect::moved);
  CHECK(counts[2].group.state == MismatchState::dismissed);
}

TEST_CASE("mismatches are exported as CSV that is safe in a spreadsheet") {
  Desk desk;
  desk.report_card("1/D1", "=1+1");
  desk.report_card("1/D2", one);
  std::string text;
  export_mismatches(mismatch_rows(desk.store(), {}), [&](std::string_view piece) {
    text += piece;
    return true;
  });
  CHECK(text.starts_with("id,product,device,outcome,reported,platform,state,count,"));
  CHECK(text.find("'=1+1") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  text.clear();
  export_mismatches(mismatch_rows(desk.store(), {.kinds = {Outcome::card_unknown}}),
                    [&](std::string_view piece) {
                      text += piece;
                      return true;
                    });
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("kinds and states are named in a list, and an order that a list has not is refused") {
  CHECK(mismatch_kinds_from("card_in_use, mismatch.card_unknown") ==
        EnumSet{Outcome::card_in_use, Outcome::card_unknown});
  CHECK_THROWS_AS(mismatch_kinds_from("card_in_use,"), OperationError);
  CHECK_THROWS_AS(mismatch_states_from("shut"), OperationError);
  Desk desk;
  CHECK_THROWS_AS(
      mismatch_rows(desk.store(), {.standing_only = false, .order = MismatchOrder::count}),
      OperationError);
  CHECK_THROWS_AS(mismatch_rows(desk.store(), {.text = "ab"}), OperationError);
}
