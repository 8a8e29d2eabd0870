// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/mismatch_operations.h"
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
