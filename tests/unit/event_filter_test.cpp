// SPDX-License-Identifier: Apache-2.0
// Which events a filter lets through, by the text of an event alone.
#include "domain/event_filter.h"

#include <catch2/catch.hpp>

#include "operations/event_history.h"

using namespace iotcard;

namespace {

const Iccid card = *Iccid::from_canonical("898604293620C0000970");
const Instant noon = *parse_time("2026-11-25T12:00:00Z");

std::string event_of(EventKind kind, const std::string& number, const std::string& data = "{}",
                     Instant time = noon) {
  const std::string json = event_json({kind, DeviceKey{"1", number}, std::nullopt, time, data});
  return with_event_id(json, "store:1");
}

bool matches(const EventFilter& filter, const std::string& event) {
  return EventMatcher{filter}.matches(event);
}

}  // namespace

TEST_CASE("a kind is named by itself, by its category, or in a list") {
  CHECK(event_kinds_from_operator("") == EventKinds{});
  CHECK(event_kinds_from_operator("mismatch.card_in_use") ==
        EventKinds{EventKind::mismatch_card_in_use});
  CHECK(event_kinds_from_operator("card") ==
        EventKinds{EventKind::card_abnormal, EventKind::card_recovered});
  CHECK(
      event_kinds_from_operator("card,binding.created") ==
      EventKinds{EventKind::card_abnormal, EventKind::card_recovered, EventKind::binding_created});
  for (const char* wrong : {"mismatches", "card.", "card_in_use", "card,,binding", " card"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(event_kinds_from_operator(wrong), OperationError);
  }
}

TEST_CASE("events are chosen by kind and by device") {
  const std::string event = event_of(EventKind::mismatch_card_in_use, "D1");
  CHECK(event_kind(event) == "mismatch.card_in_use");
  CHECK(matches({}, event));
  CHECK(matches({.kinds = event_kinds_from_operator("mismatch")}, event));
  CHECK_FALSE(matches({.kinds = event_kinds_from_operator("binding")}, event));
  CHECK(matches({.device = DeviceKey{"1", "D1"}}, event));
  for (const DeviceKey& other :
       {DeviceKey{"1", "D"}, DeviceKey{"1", "D11"}, DeviceKey{"2", "D1"}}) {
    CHECK_FALSE(matches({.device = other}, event));
  }
  const DeviceKey quoted{"1", R"(a"b\c)"};
  CHECK(matches({.device = quoted}, event_of(EventKind::report_no_card, quoted.number)));
}

TEST_CASE("an event names a card as its own or as another one, but not within a text") {
  const EventFilter filter{.iccid = card};
  const std::string text{card.text()};
  CHECK(
      matches(filter, event_of(EventKind::card_abnormal, "D1", R"({"iccid":")" + text + R"("})")));
  CHECK(matches(filter, event_of(EventKind::card_abnormal, "D1",
                                 R"({"candidates":["1",")" + text + R"("]})")));
  CHECK_FALSE(matches(filter, event_of(EventKind::card_abnormal, "D1",
                                       R"({"payload":"{\"iccid\":\")" + text + R"(\"}"})")));
  CHECK_FALSE(matches(filter, event_of(EventKind::card_abnormal, "D1",
                                       R"({"iccid":")" + text.substr(0, 19) + R"("})")));
}

TEST_CASE("a text of a device that looks like the head of an event does not choose it") {
  const std::string payload = R"({"payload":",\"type\":\"iotcard.binding.created\",)"
                              R"(\"subject\":\"1/D2\""})";
  const std::string event = event_of(EventKind::report_rejected, "D1", payload);
  CHECK(event_kind(event) == "report.rejected");
  CHECK_FALSE(matches({.device = DeviceKey{"1", "D2"}}, event));
  CHECK(event_kind("not an event") == "");
}

TEST_CASE("events are chosen by their own time, the end excluded") {
  const std::string event = event_of(EventKind::binding_created, "D1");
  CHECK(matches({.since = noon}, event));
  CHECK_FALSE(matches({.since = noon + std::chrono::milliseconds{1}}, event));
  CHECK(matches({.before = noon + std::chrono::milliseconds{1}}, event));
  CHECK_FALSE(matches({.before = noon}, event));
}
