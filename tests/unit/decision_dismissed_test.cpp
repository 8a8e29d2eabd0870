// SPDX-License-Identifier: Apache-2.0
// What a dismissed mismatch publishes, what opens it again, and who is suspected to have a clone.
#include <catch2/catch.hpp>

#include "decision_samples.h"

using namespace iotcard;
using namespace iotcard::decision_samples;

namespace {

Binding held(const DeviceKey& device, const char* card) {
  return {device,
          iccid(card),
          Match::exact,
          now - std::chrono::hours{2},
          now - std::chrono::hours{1},
          {},
          "report",
          ""};
}

MatchedCard card_of(const char* text, std::optional<Binding> binding = {}) {
  return {CardState{iccid(text)}, Match::exact, std::move(binding), {}};
}

Mismatch dismissed(Outcome outcome, const std::string& reported, Against against = {}) {
  Mismatch mismatch = standing(outcome, reported);
  mismatch.state = MismatchState::dismissed;
  mismatch.dismissed = now - std::chrono::minutes{2};
  mismatch.dismissed_by = "ada";
  mismatch.reason = "a spare SIM";
  mismatch.against = std::move(against);
  return mismatch;
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
  std::vector<std::string> events;
  bool reopens;  // the dismissed one; false: it is repeated, or another is raised
};

// All with a dismissed mismatch, under the policy hold.
std::vector<Row> table() {
  using Events = std::vector<std::string>;
  const Against bound_b{iccid(card_b), {}, {}, {}};
  const Against held_there{{}, there, {}, Suspect::moved};
  const DeviceKey third{"1", "THIRD"};
  const Mismatch swapped = dismissed(Outcome::device_has_other_card, card_a, bound_b);
  const Mismatch moved = dismissed(Outcome::card_in_use, card_a, held_there);
  const Instant first = now - std::chrono::hours{3};
  return {
      {"the same swap",
       report_of(card_a),
       {.cards = {card_of(card_a)}, .device_binding = held(here, card_b), .standing = {swapped}},
       Events{},
       false},
      {"the device is bound to a third card",
       report_of(card_a),
       {.cards = {card_of(card_a)},
        .device_binding = held(here, "89860617060065258667"),
        .standing = {swapped}},
       Events{"mismatch.device_has_other_card"},
       true},
      {"another kind",
       report_of(card_a),
       {.cards = {card_of(card_a, held(there, card_a))},
        .device_binding = held(here, card_b),
        .standing = {swapped}},
       Events{"mismatch.card_in_use"},
       false},
      {"another ICCID",
       report_of("89860617060065258667"),
       {.cards = {card_of("89860617060065258667")},
        .device_binding = held(here, card_b),
        .standing = {swapped}},
       Events{"mismatch.device_has_other_card"},
       false},
      {"the same holder",
       report_of(card_a),
       {.cards = {card_of(card_a, held(there, card_a))}, .standing = {moved}},
       Events{},
       false},
      {"another holder",
       report_of(card_a),
       {.cards = {card_of(card_a, held(third, card_a))}, .standing = {moved}},
       Events{"mismatch.card_in_use"},
       true},
      {"the holder has reported the card, too",
       report_of(card_a),
       {.cards = {card_of(card_a, held(there, card_a))},
        .standing = {moved},
        .first_reported = first},
       Events{"mismatch.card_in_use"},
       true},
      {"an unreadable ICCID of the same kind",
       report_of("898"),
       {.standing = {dismissed(Outcome::iccid_invalid, "bad-length")}},
       Events{},
       false},
      {"the cause is gone",
       report_of(card_b),
       {.cards = {card_of(card_b, held(here, card_b))},
        .device_binding = held(here, card_b),
        .standing = {swapped}},
       Events{"binding.confirmed"},
       false},
  };
}

}  // namespace

TEST_CASE("a dismissed mismatch publishes nothing until its cause changes, and is open then") {
  for (const Row& row : table()) {
    DYNAMIC_SECTION(row.name) {
      const Decision decision = decide(here, row.report, row.inputs, {}, now);
      CHECK(kinds(decision) == row.events);
      const auto repeats = writes<RepeatMismatch>(decision);
      CHECK((!repeats.empty() && repeats[0].reopens) == row.reopens);
      if (row.reopens)
        CHECK(decision.events[0].data.find(R"("state":"open")") != std::string::npos);
      // It counts in any case.
      if (!repeats.empty()) CHECK(repeats[0].count == 4);
    }
  }
}

TEST_CASE("with events.dismissed the reports of a dismissed mismatch are published") {
  for (const Row& row : table()) {
    DYNAMIC_SECTION(row.name) {
      Policy policy;
      policy.publish_dismissed = true;
      const Decision decision = decide(here, row.report, row.inputs, policy, now);
      CHECK_FALSE(decision.events.empty());
    }
  }
}

TEST_CASE("a late report neither changes the cause of a mismatch nor opens it") {
  DecisionInputs inputs{.cards = {card_of(card_a, held(there, card_a))},
                        .standing = {dismissed(Outcome::card_in_use, card_a,
                                               {{}, DeviceKey{"1", "THIRD"}, {}, Suspect::moved})}};
  inputs.last_seen = now + std::chrono::seconds{5};
  const Decision decision =
      decide(here, report_of(card_a), inputs, {}, now, now + std::chrono::seconds{9});
  REQUIRE(decision.late);
  CHECK(decision.events.empty());
  REQUIRE(writes<RepeatMismatch>(decision).size() == 1);
  CHECK_FALSE(writes<RepeatMismatch>(decision)[0].against);
}

TEST_CASE("a mismatch keeps what stood against it, and the report as it came") {
  const DecisionInputs inputs{.cards = {card_of(card_a, held(there, card_a))},
                              .device_binding = held(here, card_b)};
  DeviceReport lower = report_of("898604293620c0000970");
  lower.leniencies = lower.iccid.leniencies;
  const Mismatch in_use =
      writes<RaiseMismatch>(decide(here, lower, inputs, {}, now)).at(0).mismatch;
  CHECK(in_use.against == Against{iccid(card_b), there, {}, Suspect::moved});
  CHECK(in_use.reported_text == "898604293620c0000970");
  CHECK(in_use.leniencies.has(Leniency::lower_case));

  MatchedCard other = card_of(card_a);
  other.card.platform = 7;
  const Mismatch wrong =
      writes<RaiseMismatch>(decide(here, report_of(card_a, 2), {.cards = {other}}, {}, now))
          .at(0)
          .mismatch;
  CHECK(wrong.against == Against{{}, {}, 7, {}});

  const Mismatch invalid =
      writes<RaiseMismatch>(decide(here, report_of("12345"), {}, {}, now)).at(0).mismatch;
  CHECK(invalid.reported == "bad-length");
  CHECK(invalid.reported_text == "12345");
}

TEST_CASE("the report of a holder makes clones of those who contest its card, and opens them") {
  const DeviceKey newcomer{"1", "NEW"};
  Mismatch contesting = dismissed(Outcome::card_in_use, card_a, {{}, here, {}, Suspect::moved});
  contesting.device = newcomer;
  const Binding own = held(here, card_a);
  DecisionInputs inputs{.cards = {card_of(card_a, own)}, .device_binding = own};
  inputs.contested_by = {contesting};
  const Decision decision = decide(here, report_of(card_a), inputs, {}, now);
  CHECK(kinds(decision) == std::vector<std::string>{"binding.confirmed", "mismatch.card_in_use"});
  const std::string& data = decision.events[1].data;
  CHECK(decision.events[1].device == newcomer);
  CHECK(data.find(R"("suspect":"cloned")") != std::string::npos);
  CHECK(data.find(R"("state":"open","count":3)") != std::string::npos);
  CHECK(data.find(R"("holder":{"product":"1","number":"HERE"})") != std::string::npos);
  const auto repeats = writes<RepeatMismatch>(decision);
  REQUIRE(repeats.size() == 1);
  CHECK(repeats[0].mismatch.device == newcomer);
  CHECK(repeats[0].count == 3);  // its device has not reported
  CHECK(repeats[0].reopens);
  CHECK(repeats[0].against.value().suspect == Suspect::cloned);

  // Not by a retained report, which may be of any age, nor by one about another card.
  CHECK(kinds(decide(here, report_of(card_a), inputs, {}, {now, true})).size() == 1);
  inputs.contested_by[0].reported = card_b;
  CHECK(kinds(decide(here, report_of(card_a), inputs, {}, now)).size() == 1);
}

TEST_CASE("a device that had the card before and its new holder are clones, at any time of day") {
  Binding there_now = held(there, card_a);
  there_now.since = there_now.last_seen = now;
  DecisionInputs inputs{.cards = {card_of(card_a, there_now)}, .first_reported = now};
  CHECK(decide(here, report_of(card_a), inputs, {}, now).suspect == Suspect::moved);
  inputs.held_before = true;
  CHECK(decide(here, report_of(card_a), inputs, {}, now).suspect == Suspect::cloned);
  there_now.created_by = "ada";  // the holder has not reported it
  inputs.cards = {card_of(card_a, there_now)};
  CHECK(decide(here, report_of(card_a), inputs, {}, now).suspect == Suspect::moved);
}

TEST_CASE("a dismissal and its reason are said once") {
  const Change change = end_mismatch(standing(Outcome::card_unknown, card_a),
                                     MismatchState::dismissed, "ada", now, "a spare SIM");
  REQUIRE(change.events.size() == 1);
  CHECK(change.events[0].data.find(R"("state":"dismissed","by":"ada")") != std::string::npos);
  CHECK(change.events[0].data.find(R"("reason":"a spare SIM")") != std::string::npos);
  CHECK(
      end_mismatch(dismissed(Outcome::card_unknown, card_a), MismatchState::cleared, "report", now)
          .events.empty());
}
