// SPDX-License-Identifier: Apache-2.0
// Every row of the decision table under both policies, and the life of a mismatch.
#include "domain/decision.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "decision_samples.h"

using namespace iotcard;
using namespace iotcard::decision_samples;

namespace {

Binding binding(const DeviceKey& device, const char* card,
                Instant last_seen = now - std::chrono::hours{1}) {
  return {device,    iccid(card), Match::exact, now - std::chrono::hours{2},
          last_seen, {},          "report",     ""};
}

StoredCard known(const char* text, std::optional<Binding> bound = {}, Match match = Match::exact) {
  StoredCard card{Card{iccid(text)}, match, std::move(bound), {}};
  card.card.platform = 1;
  card.card.status = CardStatus::active;
  return card;
}

std::vector<std::string> kinds(const Decision& decision) {
  std::vector<std::string> names;
  for (const Event& event : decision.events) names.emplace_back(event_names[event.kind]);
  return names;
}

template <typename Kind>
std::vector<Kind> writes(const Decision& decision) {
  std::vector<Kind> found;
  for (const Write& write : decision.writes) {
    if (const auto* one = std::get_if<Kind>(&write)) found.push_back(*one);
  }
  return found;
}

struct Row {
  const char* name;
  DeviceReport report;
  DecisionInputs inputs;
  Outcome outcome;
  std::vector<std::string> events_on_hold;
  std::vector<std::string> events_on_follow;
  std::size_t bindings_ended_on_follow;
  bool bound_on_hold;
  bool bound_on_follow;
};

std::vector<Row> table() {
  const Binding here_b = binding(here, card_b);
  const Binding there_a = binding(there, card_a);
  const Binding here_a = binding(here, card_a);
  const auto alone = [](const char* kind) { return std::vector<std::string>{kind}; };
  return {{"absent",
           report_of(""),
           {},
           Outcome::no_card,
           alone("report.no_card"),
           alone("report.no_card"),
           0,
           false,
           false},
          {"invalid",
           report_of("8986"),
           {},
           Outcome::iccid_invalid,
           alone("mismatch.iccid_invalid"),
           alone("mismatch.iccid_invalid"),
           0,
           false,
           false},
          {"several fit",
           report_of("8986042936200000970"),
           {.cards = {known("89860429362000009701", {}, Match::weak),
                      known("89860429362000009702", {}, Match::weak)}},
           Outcome::iccid_ambiguous,
           alone("mismatch.iccid_ambiguous"),
           alone("mismatch.iccid_ambiguous"),
           0,
           false,
           false},
          {"unknown",
           report_of(card_a),
           {},
           Outcome::card_unknown,
           alone("mismatch.card_unknown"),
           alone("mismatch.card_unknown"),
           0,
           false,
           false},
          {"another platform",
           report_of(card_a, 2),
           {.cards = {known(card_a)}},
           Outcome::wrong_platform,
           alone("mismatch.wrong_platform"),
           alone("mismatch.wrong_platform"),
           0,
           false,
           false},
          {"another platform, although bound here",
           report_of(card_a, 2),
           {.cards = {known(card_a, here_a)}, .device_binding = here_a},
           Outcome::wrong_platform,
           alone("mismatch.wrong_platform"),
           alone("mismatch.wrong_platform"),
           0,
           false,
           false},
          {"free and free",
           report_of(card_a, 1),
           {.cards = {known(card_a)}},
           Outcome::binding_created,
           alone("binding.created"),
           alone("binding.created"),
           0,
           true,
           true},
          {"bound to this device",
           report_of(card_a),
           {.cards = {known(card_a, here_a)}, .device_binding = here_a},
           Outcome::binding_confirmed,
           alone("binding.confirmed"),
           alone("binding.confirmed"),
           0,
           false,
           false},
          {"device has another card",
           report_of(card_a),
           {.cards = {known(card_a)}, .device_binding = here_b},
           Outcome::device_has_other_card,
           alone("mismatch.device_has_other_card"),
           {"mismatch.device_has_other_card", "binding.released", "binding.created"},
           1,
           false,
           true},
          {"card in use, device free",
           report_of(card_a),
           {.cards = {known(card_a, there_a)}},
           Outcome::card_in_use,
           alone("mismatch.card_in_use"),
           {"mismatch.card_in_use", "binding.released", "binding.created"},
           1,
           false,
           true},
          {"card in use, device bound",
           report_of(card_a),
           {.cards = {known(card_a, there_a)}, .device_binding = here_b},
           Outcome::card_in_use,
           alone("mismatch.card_in_use"),
           {"mismatch.card_in_use", "binding.released", "binding.released", "binding.created"},
           2,
           false,
           true}};
}

Decision decide_on(const DeviceReport& report, const DecisionInputs& inputs,
                   OnConflict on_conflict = OnConflict::hold) {
  return decide(here, report, inputs, {on_conflict, {}}, now);
}

}  // namespace

TEST_CASE("every row of the decision table holds under both policies") {
  for (const Row& row : table()) {
    DYNAMIC_SECTION(row.name << ", hold") {
      const Decision decision = decide_on(row.report, row.inputs);
      CHECK(decision.outcome == row.outcome);
      CHECK(kinds(decision) == row.events_on_hold);
      CHECK(writes<CreateBinding>(decision).size() == (row.bound_on_hold ? 1 : 0));
      CHECK(writes<EndBinding>(decision).empty());
    }
    DYNAMIC_SECTION(row.name << ", follow") {
      const Decision decision = decide_on(row.report, row.inputs, OnConflict::follow);
      CHECK(decision.outcome == row.outcome);
      CHECK(kinds(decision) == row.events_on_follow);
      CHECK(writes<CreateBinding>(decision).size() == (row.bound_on_follow ? 1 : 0));
      CHECK(writes<EndBinding>(decision).size() == row.bindings_ended_on_follow);
    }
  }
}

TEST_CASE("a conflict that the policy follows is recorded as resolved and leaves nothing open") {
  const DecisionInputs inputs{.cards = {known(card_a, binding(there, card_a))}};
  const Decision decision = decide_on(report_of(card_a), inputs, OnConflict::follow);
  CHECK(decision.events[0].data.find(R"("resolved":"followed")") != std::string::npos);
  const auto raised = writes<RaiseMismatch>(decision);
  REQUIRE(raised.size() == 1);
  CHECK(raised[0].mismatch.state == MismatchState::followed);
  CHECK(raised[0].mismatch.ended == now);
}

TEST_CASE("a muted outcome has the same writes and no event") {
  const DecisionInputs inputs{.cards = {known(card_a, binding(there, card_a))}};
  const auto decided = [&](EventKinds mute) {
    return decide(here, report_of(card_a), inputs,
                  {.on_conflict = OnConflict::follow, .alerts = {}, .mute = mute}, now);
  };
  const Decision loud = decided({});
  const Decision quiet = decided({EventKind::mismatch_card_in_use});
  CHECK(kinds(loud) ==
        std::vector<std::string>{"mismatch.card_in_use", "binding.released", "binding.created"});
  CHECK(kinds(quiet) == std::vector<std::string>{"binding.released", "binding.created"});
  CHECK(quiet.outcome == loud.outcome);
  CHECK(quiet.writes.size() == loud.writes.size());
}

TEST_CASE("a mismatch that stands is counted and not raised again") {
  const DecisionInputs inputs{.standing = {standing(Outcome::card_unknown, card_a)}};
  const Decision decision = decide_on(report_of(card_a), inputs);
  CHECK(writes<RaiseMismatch>(decision).empty());
  REQUIRE(writes<RepeatMismatch>(decision).size() == 1);
  CHECK(writes<RepeatMismatch>(decision)[0].count == 4);
  CHECK(decision.events[0].data.find(R"("count":4)") != std::string::npos);
}

TEST_CASE("a mismatch is cleared before the outcome that ends it is published") {
  const DecisionInputs inputs{.cards = {known(card_a)},
                              .standing = {standing(Outcome::card_unknown, card_a)}};
  const Decision decision = decide_on(report_of(card_a), inputs);
  CHECK(kinds(decision) == std::vector<std::string>{"mismatch.cleared", "binding.created"});
  REQUIRE(writes<EndMismatch>(decision).size() == 1);
  CHECK(writes<EndMismatch>(decision)[0].state == MismatchState::cleared);
}

TEST_CASE("a report without a readable card clears no mismatch about a card") {
  const DecisionInputs inputs{.standing = {standing(Outcome::card_unknown, card_a)}};
  for (const char* token : {"", "8986"}) {
    CHECK(writes<EndMismatch>(decide_on(report_of(token), inputs)).empty());
  }
}

TEST_CASE("a readable ICCID clears the mismatch about an unreadable one") {
  const DecisionInputs inputs{.cards = {known(card_a)},
                              .standing = {standing(Outcome::iccid_invalid, "bad-length")}};
  CHECK(kinds(decide_on(report_of(card_a), inputs)) ==
        std::vector<std::string>{"mismatch.cleared", "binding.created"});
}

TEST_CASE("a dismissed mismatch ends without a second announcement") {
  Mismatch dismissed = standing(Outcome::card_unknown, card_a);
  dismissed.state = MismatchState::dismissed;
  const DecisionInputs inputs{.cards = {known(card_a)}, .standing = {dismissed}};
  const Decision decision = decide_on(report_of(card_a), inputs);
  CHECK(kinds(decision) == std::vector<std::string>{"binding.created"});
  CHECK(writes<EndMismatch>(decision).size() == 1);
}

TEST_CASE("a card is suspected cloned if its holder reports it after the other device") {
  const Instant first = now - std::chrono::hours{1};
  const auto suspect = [&](Instant holder_reported) {
    const DecisionInputs inputs{.cards = {known(card_a, binding(there, card_a, holder_reported))},
                                .first_reported = first};
    return decide_on(report_of(card_a), inputs).events[0].data;
  };
  CHECK(suspect(first - std::chrono::seconds{1}).find(R"("suspect":"moved")") != std::string::npos);
  CHECK(suspect(first + std::chrono::seconds{1}).find(R"("suspect":"cloned")") !=
        std::string::npos);
}

TEST_CASE("a holder that never reported is no sign of a clone") {
  Binding held = binding(there, card_a, now - std::chrono::minutes{1});
  held.created_by = "ada";
  held.since = held.last_seen;
  const DecisionInputs inputs{.cards = {known(card_a, held)},
                              .first_reported = now - std::chrono::hours{1}};
  CHECK(decide_on(report_of(card_a), inputs).events[0].data.find(R"("suspect":"moved")") !=
        std::string::npos);
}

TEST_CASE("a rounded ICCID is bound only to a card of exactly that number") {
  const DeviceReport report = report_of("89860617060065263616");
  DecisionInputs inputs{.cards = {known("8986061706006526361", {}, Match::weak)},
                        .rounding_candidates = {iccid("89860617060065258667")}};
  const Decision lost = decide_on(report, inputs);
  CHECK(lost.outcome == Outcome::iccid_invalid);
  CHECK(lost.events[0].data.find(R"("reason":"precision-lost")") != std::string::npos);
  CHECK(lost.events[0].data.find(R"("candidates":["89860617060065258667"])") != std::string::npos);
  CHECK(lost.events[0].data.find(R"("iccid":null)") != std::string::npos);

  inputs.cards = {known("89860617060065263616")};
  CHECK(decide_on(report, inputs).outcome == Outcome::binding_created);
}

TEST_CASE("becoming abnormal and recovering are announced once each") {
  StoredCard card = known(card_a, binding(here, card_a));
  card.card.status = CardStatus::suspended;
  DecisionInputs inputs{.cards = {card}, .device_binding = card.binding};
  CHECK(kinds(decide_on(report_of(card_a), inputs)) ==
        std::vector<std::string>{"binding.confirmed", "card.abnormal"});
  inputs.cards[0].announced = {Abnormal::suspended};
  CHECK(kinds(decide_on(report_of(card_a), inputs)) ==
        std::vector<std::string>{"binding.confirmed"});
  inputs.cards[0].card.status = CardStatus::active;
  CHECK(kinds(decide_on(report_of(card_a), inputs)) ==
        std::vector<std::string>{"binding.confirmed", "card.recovered"});
}

TEST_CASE("binding by hand ends the other bindings of card and device") {
  const Change change =
      bind(here, known(card_a, binding(there, card_a)), binding(here, card_b), {}, "ada", now);
  REQUIRE(change.writes.size() == 3);
  CHECK(std::get<EndBinding>(change.writes[0]).device == there);
  CHECK(std::get<EndBinding>(change.writes[1]).device == here);
  CHECK(std::get<CreateBinding>(change.writes[2]).by == "ada");
}
