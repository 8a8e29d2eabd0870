// SPDX-License-Identifier: Apache-2.0
// Reports that are older than what is known of their device, and retained ones.
#include <algorithm>
#include <catch2/catch.hpp>

#include "base/text.h"
#include "decision_samples.h"
#include "domain/decision.h"

using namespace iotcard;
using namespace iotcard::decision_samples;

namespace {

constexpr std::chrono::minutes minute{1};

Binding bound(const DeviceKey& device, const char* card, Instant last_seen) {
  return {device, iccid(card), Match::exact, now - 60 * minute, last_seen, {}, "report", ""};
}
Binding ended(Binding binding, Instant until) {
  binding.until = until;
  binding.ended_by = "anna";
  return binding;
}

MatchedCard known(const char* text, std::optional<Binding> binding = {}) {
  return {CardState{iccid(text)}, Match::exact, std::move(binding), {}};
}

std::string names(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text.append(event_names[event.kind]).append(" ");
  return text;
}

template <typename Kind>
const Kind* find(const Decision& decision) {
  for (const Write& write : decision.writes) {
    if (const auto* one = std::get_if<Kind>(&write)) return one;
  }
  return nullptr;
}

// Writes that change what a newer report said.
bool overturns(const Decision& decision) {
  return find<CreateBinding>(decision) != nullptr || find<EndBinding>(decision) != nullptr ||
         find<EndMismatch>(decision) != nullptr;
}

const Policy policies[] = {{OnConflict::hold, {}, {}}, {OnConflict::follow, {}, {}}};

}  // namespace

TEST_CASE("a late report") {
  const Instant late = now - 5 * minute;
  struct Row {
    const char* name;
    const char* token;
    DecisionInputs inputs;
    Outcome outcome;
    const char* events;
  };
  const Binding here_b = bound(here, card_b, now - minute);
  const Binding there_a = bound(there, card_a, now - 10 * minute);
  const std::vector<Row> table = {
      {"confirms a binding",
       card_b,
       {.cards = {known(card_b, here_b)}, .device_binding = here_b},
       Outcome::binding_confirmed,
       "binding.confirmed "},
      {"names another card than the device has",
       card_a,
       {.cards = {known(card_a)}, .device_binding = here_b},
       Outcome::device_has_other_card,
       "mismatch.device_has_other_card "},
      {"names the card of another device",
       card_a,
       {.cards = {known(card_a, there_a)}},
       Outcome::card_in_use,
       "mismatch.card_in_use "},
      {"names an unknown card", card_a, {}, Outcome::card_unknown, "mismatch.card_unknown "},
      {"says nothing", "", {.device_binding = here_b}, Outcome::no_card, "report.no_card "},
      {"names a card that was unbound since",
       card_a,
       {.cards = {known(card_a, ended(bound(here, card_a, late), now - minute))},
        .device_binding = ended(bound(here, card_a, late), now - minute)},
       Outcome::binding_confirmed,
       "binding.confirmed "},
      {"names a free card, of a device that was unbound since",
       card_a,
       {.cards = {known(card_a)}, .device_binding = ended(bound(here, card_b, late), now - minute)},
       Outcome::device_has_other_card,
       "mismatch.device_has_other_card "},
      {"names a free card, and the newest report another, unknown one",
       card_a,
       {.cards = {known(card_a)}, .standing = {standing(Outcome::card_unknown, card_b)}},
       Outcome::device_has_other_card,
       "mismatch.device_has_other_card "},
      {"names the free card that the newest report names on another platform",
       card_a,
       {.cards = {known(card_a)}, .standing = {standing(Outcome::wrong_platform, card_a)}},
       Outcome::wrong_platform,
       "mismatch.wrong_platform "},
      {"names what a newer report has cleared",
       card_a,
       {.standing = {standing(Outcome::card_unknown, card_b, now - minute)}},
       Outcome::card_unknown,
       "mismatch.card_unknown "},
  };
  for (const Row& row : table) {
    for (const Policy& policy : policies) {
      DYNAMIC_SECTION(row.name << ", " << on_conflict_names[policy.on_conflict]) {
        DecisionInputs inputs = row.inputs;
        inputs.last_seen = now - minute;
        inputs.heard_live = true;
        const Decision decision = decide(here, report_of(row.token), inputs, policy, late, now);
        CHECK(decision.outcome == row.outcome);
        CHECK(names(decision.events) == row.events);
        CHECK_THAT(decision.events.at(0).data, Catch::Contains(R"("late":true)"));
        CHECK_FALSE(overturns(decision));
        if (const auto* raised = find<RaiseMismatch>(decision)) {
          CHECK(raised->mismatch.state == MismatchState::cleared);
          CHECK(raised->mismatch.ended == late);
          CHECK_THAT(decision.events[0].data, Catch::Contains(R"("state":"cleared")"));
        }
        if (const auto* confirmed = find<ConfirmBinding>(decision)) {
          CHECK(inputs.device_binding->until == std::nullopt);
          CHECK(confirmed->at == late);
        }
      }
    }
  }
}

TEST_CASE("a late report ends a mismatch that was last seen before it") {
  const Binding here_a = bound(here, card_a, now - minute);
  const Mismatch older = standing(Outcome::card_unknown, card_b, now - 20 * minute);
  const Mismatch newer = standing(Outcome::card_unknown, card_b, now - 2 * minute);
  for (const Mismatch& mismatch : {older, newer}) {
    const Decision decision = decide(here, report_of(card_a),
                                     {.cards = {known(card_a, here_a)},
                                      .device_binding = here_a,
                                      .standing = {mismatch},
                                      .last_seen = now - minute},
                                     {}, now - 5 * minute, now);
    CHECK((find<EndMismatch>(decision) != nullptr) == (mismatch.last_seen == older.last_seen));
  }
}

TEST_CASE("a late report counts for a mismatch that stands, and does not make it younger") {
  const Instant last_seen = now - 2 * minute;
  const Decision decision = decide(
      here, report_of(card_a),
      {.standing = {standing(Outcome::card_unknown, card_a, last_seen)}, .last_seen = now - minute},
      {}, now - 5 * minute, now);
  const auto* repeated = find<RepeatMismatch>(decision);
  REQUIRE(repeated != nullptr);
  CHECK(repeated->count == 4);
  CHECK(repeated->at == last_seen);
}

TEST_CASE("what a late report raises stands if the newest report said nothing of a card") {
  DecisionInputs inputs{.last_seen = now - minute};
  inputs.newest_names_card = false;
  const Decision decision = decide(here, report_of(card_a), inputs, {}, now - 5 * minute, now);
  const auto* raised = find<RaiseMismatch>(decision);
  REQUIRE(raised != nullptr);
  CHECK(raised->mismatch.state == MismatchState::open);
}

TEST_CASE("a late report binds a free card if the newest report of its device names none") {
  for (const bool names_card : {false, true}) {
    DecisionInputs inputs{.cards = {known(card_a)}, .last_seen = now - minute};
    inputs.newest_names_card = names_card;
    const Decision decision = decide(here, report_of(card_a), inputs, {}, now - 5 * minute, now);
    CHECK((find<CreateBinding>(decision) != nullptr) == !names_card);
  }
}

TEST_CASE("a report is late by time, not by its cause") {
  DecisionInputs inputs{.last_seen = now};
  CHECK(is_late(inputs, now - minute, now));
  CHECK_FALSE(is_late(inputs, now, now));  // commit order decides
  CHECK_FALSE(is_late(inputs, now + minute, now + minute));
  CHECK_FALSE(is_late({}, now - minute, now));
  // The clock was set back: what it said before is no measure.
  inputs.last_seen = now + 60 * minute;
  CHECK_FALSE(is_late(inputs, now, now + minute));
}

TEST_CASE("a retained report is late once the device was heard live") {
  for (const Policy& policy : policies) {
    const Binding here_b = bound(here, card_b, now - minute);
    DecisionInputs inputs{.cards = {known(card_a)}, .device_binding = here_b};
    inputs.last_seen = now - minute;
    inputs.heard_live = true;
    const Arrival retained{now, true};
    CHECK(is_late(inputs, retained, now));
    const Decision decision = decide(here, report_of(card_a), inputs, policy, retained);
    CHECK(decision.outcome == Outcome::device_has_other_card);
    CHECK_FALSE(overturns(decision));
    CHECK_THAT(decision.events.at(0).data, Catch::Contains(R"("late":true)"));
  }
}

TEST_CASE("a retained report of a device that was never heard live makes it known") {
  for (const Policy& policy : policies) {
    const Arrival retained{now, true};
    const Decision free =
        decide(here, report_of(card_a), {.cards = {known(card_a)}}, policy, retained);
    CHECK(free.outcome == Outcome::binding_created);
    CHECK(find<CreateBinding>(free) != nullptr);

    const Binding there_a = bound(there, card_a, now - 10 * minute);
    const Decision taken =
        decide(here, report_of(card_a), {.cards = {known(card_a, there_a)}}, policy, retained);
    CHECK(taken.outcome == Outcome::card_in_use);
    CHECK_FALSE(overturns(taken));
    CHECK(find<RaiseMismatch>(taken)->mismatch.state == MismatchState::open);

    const Mismatch other = standing(Outcome::card_unknown, card_b, now - minute);
    const Decision second =
        decide(here, report_of(card_a), {.standing = {other}}, policy, retained);
    CHECK_FALSE(overturns(second));
    CHECK(find<RaiseMismatch>(second)->mismatch.state == MismatchState::cleared);
  }
}

TEST_CASE("with follow a report takes no card that was confirmed or bound after it") {
  const Policy& follow = policies[1];
  const auto taken = [&](const Binding& held) {
    return find<CreateBinding>(decide(here, report_of(card_a), {.cards = {known(card_a, held)}},
                                      follow, now - 5 * minute, now)) != nullptr;
  };
  CHECK(taken(bound(there, card_a, now - 10 * minute)));
  CHECK_FALSE(taken(bound(there, card_a, now - minute)));
  Binding by_operator = bound(there, card_a, now - 60 * minute);
  by_operator.since = now - minute;
  CHECK_FALSE(taken(by_operator));
}

TEST_CASE("a card that is locked to an IMEI is abnormal in a device with another one") {
  const auto reasons = [&](const std::string& lock, const std::string& seen) {
    MatchedCard card = known(card_a);
    card.card.imei = lock;
    DeviceReport report = report_of(card_a);
    report.imei = seen;
    const Decision decision = decide(here, report, {.cards = {card}}, {}, now);
    const auto* set = find<SetAbnormal>(decision);
    return set == nullptr ? std::string{} : iotcard::join(set->reasons.names(abnormal_names), " ");
  };
  CHECK(reasons("867530912345678", "867530912345678").empty());
  CHECK(reasons("867530912345678", "867530912345679").empty());   // the check digit
  CHECK(reasons("867530912345678", "8675309123456701").empty());  // the software version
  CHECK(reasons("867530912345678", "867530912345778") == "imei_mismatch");
  CHECK(reasons("867530912345678", "").empty());
  CHECK(reasons("", "867530912345778").empty());
}

TEST_CASE("the IMEI lock is told once, and once that it is well again") {
  MatchedCard card = known(card_a, bound(here, card_a, now - minute));
  card.card.imei = "867530912345678";
  card.binding->imei = "867530912345778";
  const auto kinds = [&](const std::string& seen) {
    DeviceReport report = report_of(card_a);
    report.imei = seen;
    DecisionInputs inputs{.cards = {card}, .device_binding = card.binding};
    inputs.imei = card.binding->imei;
    return names(decide(here, report, inputs, {}, now).events);
  };
  CHECK(kinds("867530912345778") == "binding.confirmed card.abnormal ");
  CHECK(kinds("") == "binding.confirmed card.abnormal ");  // what the device said before
  card.announced = {Abnormal::imei_mismatch};
  CHECK(kinds("867530912345778") == "binding.confirmed ");
  CHECK(kinds("") == "binding.confirmed ");
  CHECK(kinds("867530912345678") == "binding.confirmed card.recovered ");
}

TEST_CASE("a retained report does not make a binding look confirmed") {
  const Binding here_a = bound(here, card_a, now - 30 * minute);
  const Decision decision =
      decide(here, report_of(card_a), {.cards = {known(card_a, here_a)}, .device_binding = here_a},
             {}, Arrival{now, true});
  CHECK(decision.outcome == Outcome::binding_confirmed);
  CHECK(find<ConfirmBinding>(decision) == nullptr);
}
