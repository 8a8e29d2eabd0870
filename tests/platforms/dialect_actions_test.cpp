// SPDX-License-Identifier: Apache-2.0
// Suspending and resuming with each shipped profile that can: what the platform did is what it
// says when it is asked again, not what it said to the order.
#include "platforms/dialect_cases.h"
#include "platforms/profile_bench.h"

using namespace iotcard;

namespace {

template <typename Check>
void for_each_that_can(const Check& check) {
  for (const DialectCase& one : dialect_cases()) {
    if (one.field.empty()) continue;
    DYNAMIC_SECTION(one.profile) {
      check(one);
    }
  }
}

std::optional<PlatformFailure> act(ProfileBench& bench, const std::string& iccid,
                                   CardAction action) {
  return bench.client().act(ProfileBench::iccid(iccid), action);
}

}  // namespace

TEST_CASE("a card that is suspended says so, and is back when it is resumed") {
  for_each_that_can([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    REQUIRE(bench.client().can(CardAction::suspend));
    REQUIRE(bench.client().can(CardAction::resume));
    const auto suspended = act(bench, one.asked, CardAction::suspend);
    INFO((suspended ? suspended->text : ""));
    REQUIRE_FALSE(suspended);
    CHECK(bench.fields(one.asked).at(one.field) == one.suspended);
    const auto resumed = act(bench, one.asked, CardAction::resume);
    INFO((resumed ? resumed->text : ""));
    REQUIRE_FALSE(resumed);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("an order that the platform takes and does not carry out shows when it is asked again") {
  for_each_that_can([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.idle(true);
    CHECK_FALSE(act(bench, one.asked, CardAction::suspend));
    CHECK(bench.fields(one.asked).at(one.field) == one.resumed);
  });
}

TEST_CASE("no other card is touched by an order") {
  for_each_that_can([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    simulated::Card other = one.card;
    // As like as can be: the same but for its end, and put in first.
    other.iccid.back() = other.iccid.back() == '0' ? '1' : '0';
    simulated::Card longer = one.card;
    longer.iccid += "7";
    bench.server.put(other);
    bench.server.put(longer);
    bench.server.put(one.card);
    const auto failure = act(bench, one.asked, CardAction::suspend);
    INFO((failure ? failure->text : ""));
    CHECK_FALSE(failure);
    CHECK(bench.server.card(other.iccid).status == one.card.status);
    CHECK(bench.server.card(other.iccid).more == one.card.more);
    CHECK(bench.server.card(longer.iccid).status == one.card.status);
    CHECK(bench.server.card(longer.iccid).more == one.card.more);
  });
}

TEST_CASE("an order about a card that the platform has not is refused") {
  for_each_that_can([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    simulated::Card longer = one.card;
    longer.iccid += "77";  // of which the asked one is a part
    bench.server.put(longer);
    const auto failure = act(bench, one.asked, CardAction::suspend);
    REQUIRE(failure);
    CHECK(failure->fault == ServiceFault::refused);
    CHECK(bench.server.card(longer.iccid).status == one.card.status);
  });
}

TEST_CASE("an order whose answer is an error with HTTP 200 has not been taken") {
  for_each_that_can([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::error_in_200);
    const auto failure = act(bench, one.asked, CardAction::suspend);
    REQUIRE(failure);
    CHECK((failure->fault == ServiceFault::refused || failure->fault == ServiceFault::unavailable ||
           failure->fault == ServiceFault::unreadable));
    CHECK(bench.fields(one.asked).at(one.field) == one.resumed);
  });
}

TEST_CASE("a profile without steps for it says that it cannot suspend or resume") {
  for (const char* name : {"ctwing-5gcmp", "quectel-cmp", "huawei-gsl"}) {
    INFO(name);
    ProfileBench bench{name};
    CHECK_FALSE(bench.client().can(CardAction::suspend));
    CHECK_FALSE(bench.client().can(CardAction::resume));
    CHECK(act(bench, "8986031234567890123", CardAction::suspend)->fault == ServiceFault::refused);
    CHECK(bench.server.calls().empty());
  }
}
