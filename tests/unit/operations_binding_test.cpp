// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations_bench.h"

using namespace iotcard;
using Events = std::vector<std::string>;

namespace {

const char* const one = "898604293620C0000970";
const char* const two = "89860617060065258667";

DeviceKey device(const char* text) {
  return DeviceKey::parse(text).value();
}

BindResult bind_to(OperationsBench& bench, const char* name, const char* iccid,
                   bool force = false) {
  return bind_card(bench.store(), bench.context, device(name), iccid_of(iccid), force);
}

std::string refusal(OperationsBench& bench, const char* name, const char* iccid) {
  try {
    bind_to(bench, name, iccid);
  } catch (const OperationError& error) {
    return error.what();
  }
  return {};
}

struct TwoCards : OperationsBench {
  TwoCards() {
    add_card(store(), context, iccid_of(one), {});
    add_card(store(), context, iccid_of(two), {});
  }
};

}  // namespace

TEST_CASE("an operator binds a card to a device that has not reported yet") {
  TwoCards bench;
  const BindResult result = bind_to(bench, "1/D1", one);
  CHECK(result.created);
  CHECK(result.binding.created_by == "ann");
  CHECK(bench.events() == Events{"binding/created/1/D1"});
  CHECK_FALSE(bind_to(bench, "1/D1", one).created);
  CHECK(bench.events().empty());
}

TEST_CASE(
    "a bound card or device is bound elsewhere only by force, and the error names the holder") {
  TwoCards bench;
  bind_to(bench, "1/D1", one);
  bind_to(bench, "1/D2", two);
  CHECK(refusal(bench, "1/D3", one).find("1/D1") != std::string::npos);
  CHECK(refusal(bench, "1/D1", two).find("1/D2") != std::string::npos);
  CHECK(refusal(bench, "1/D3", "8944476500008878576").find("no card") != std::string::npos);
  bench.events();
  const BindResult result = bind_to(bench, "1/D1", two, true);
  CHECK(result.released.size() == 2);
  CHECK(bench.events() ==
        Events{"binding/released/1/D2", "binding/released/1/D1", "binding/created/1/D1"});
  CHECK(bench.card_of("1/D1") == two);
  CHECK(bench.card_of("1/D2").empty());
}

TEST_CASE("binding a device to the card that it reports ends the mismatch") {
  TwoCards bench;
  REQUIRE(bench.report_card("1/D1", one) == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D1", two) == Outcome::device_has_other_card);
  bench.events();
  bind_to(bench, "1/D1", two, true);
  CHECK(bench.events() ==
        Events{"binding/released/1/D1", "binding/created/1/D1", "mismatch/cleared/1/D1"});
  CHECK(bench.count_standing("1/D1") == 0);
}

TEST_CASE("a released card is bound to the device that reports it") {
  TwoCards bench;
  REQUIRE(bench.report_card("1/D1", one) == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D2", one) == Outcome::card_in_use);
  bench.events();
  const Binding released = unbind_device(bench.store(), bench.context, device("1/D1"));
  CHECK(released.iccid.text() == one);
  CHECK(bench.events() ==
        Events{"binding/released/1/D1", "mismatch/cleared/1/D2", "binding/created/1/D2"});
  CHECK(bench.card_of("1/D2") == one);
}

TEST_CASE("a released device is bound to the card that it reports") {
  TwoCards bench;
  REQUIRE(bench.report_card("1/D1", one) == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D1", two) == Outcome::device_has_other_card);
  bench.events();
  unbind_card(bench.store(), bench.context, iccid_of(one));
  CHECK(bench.events() ==
        Events{"binding/released/1/D1", "mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(bench.card_of("1/D1") == two);
}

TEST_CASE("a change that does not touch the cause leaves the mismatch and its count alone") {
  TwoCards bench;
  add_card(bench.store(), bench.context, iccid_of("8944476500008878576"), {});
  REQUIRE(bench.report_card("1/D1", one) == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D1", two) == Outcome::device_has_other_card);
  bench.events();
  bind_to(bench, "1/D1", "8944476500008878576", true);
  CHECK(bench.events() == Events{"binding/released/1/D1", "binding/created/1/D1"});
  CHECK(bench.standing("1/D1").count == 1);
}

TEST_CASE("what is not bound cannot be released") {
  TwoCards bench;
  CHECK_THROWS_AS(unbind_device(bench.store(), bench.context, device("1/D9")), OperationError);
  CHECK_THROWS_AS(unbind_card(bench.store(), bench.context, iccid_of(one)), OperationError);
}
