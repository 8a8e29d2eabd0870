// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/explain.h"
#include "operations_bench.h"

using namespace iotcard;

namespace {

std::string explained(OperationsBench& bench, const std::string& payload,
                      const std::optional<std::string>& topic = std::nullopt) {
  return explanation_json(explain(&bench.store(), bench.context, payload, topic));
}

// The data of the only event that would be published.
std::string outcome_data(OperationsBench& bench, const std::string& payload) {
  return explain(&bench.store(), bench.context, payload, std::nullopt).events.at(0).data;
}

}  // namespace

TEST_CASE("explain prints its keys in the order of the contract") {
  OperationsBench bench;
  CHECK(
      explained(bench, R"({"iccid": 898604293620C0000970})") ==
      R"({"accepted":true,"iccid":"898604293620C0000970","iccid_raw":"898604293620C0000970",)"
      R"("iccid_problem":null,"platform":null,"luhn":"not-applicable",)"
      R"("leniencies":["unquoted-iccid"],"issues":[],"rejection":null,)"
      R"("outcome":"mismatch.card_unknown","match":null,"imei":null,"iccid_key":"iccid",)"
      R"("topic_pattern":"/{product}/{device}/info/post","holder":null,"bound_iccid":null,"suspect":null,)"
      R"("candidates":[],"spans":{"iccid":{"offset":10,"length":20},"error":null},)"
      R"("writes":[{"kind":"mismatch.raised","device":null,"iccid":"898604293620C0000970"}],)"
      R"("events":[{"type":"iotcard.mismatch.card_unknown","data":)" +
          outcome_data(bench, R"({"iccid": 898604293620C0000970})") + "}]}");
  CHECK(explained(bench, "[]") ==
        R"({"accepted":false,"iccid":null,"iccid_raw":null,"iccid_problem":null,"platform":null,)"
        R"("luhn":"not-applicable","leniencies":[],"issues":[],)"
        R"("rejection":{"reason":"not-an-object","offset":0},"outcome":null,"match":null,)"
        R"("imei":null,"iccid_key":null,"topic_pattern":"/{product}/{device}/info/post",)"
        R"("holder":null,"bound_iccid":null,"suspect":null,"candidates":[],)"
        R"("spans":{"iccid":null,"error":{"offset":0,"length":1}},"writes":[],"events":[]})");
}

TEST_CASE("explain says where in the payload the ICCID is, and where reading ends") {
  OperationsBench bench;
  const auto iccid_in = [&](const std::string& payload) {
    const Explanation explanation = explain(&bench.store(), bench.context, payload, std::nullopt);
    INFO(payload);
    REQUIRE(explanation.accepted());
    const auto span = explanation.iccid_span;
    return span ? payload.substr(span->offset, span->length) : "(none)";
  };
  CHECK(iccid_in(R"({"iccid":898604293620C0000970,"rssi":1})") == "898604293620C0000970");
  CHECK(iccid_in(R"({"iccid":"898604293620C0000970"})") == "898604293620C0000970");
  CHECK(iccid_in(R"({"iccid" : " 8986-0429 " })") == " 8986-0429 ");
  CHECK(iccid_in(R"({"iccid":""898604293620C0000970""})") == "898604293620C0000970");
  CHECK(iccid_in(R"({"iccid":"\"898604293620C0000970\""})") == "898604293620C0000970");
  CHECK(iccid_in(R"({"iccid":8.98604293620e+19,"rssi":1})") == "8.98604293620e+19");
  CHECK(iccid_in(R"({"iccid":null})") == "null");
  CHECK(iccid_in(R"({"iccid":,"rssi":1})") == "(none)");
  CHECK(iccid_in(R"({"iccid":["89860"]})") == "[");
  CHECK(iccid_in(R"({"rssi":1})") == "(none)");
  // Of two keys the one that counts; offsets are of the payload and not of its decoded text.
  CHECK(iccid_in(R"({"iccid":"","ICCID":"898604293620C0000970"})") == "898604293620C0000970");
  CHECK(iccid_in("\xEF\xBB\xBF{\"iccid\":898604293620C0000970}") == "898604293620C0000970");
  CHECK(iccid_in("{\"user\":\"\xFF\xFF\",\"iccid\":898604293620C0000970}") ==
        "898604293620C0000970");
  CHECK(iccid_in("{\"user\":\"\xD6\xD0\xB9\xFA\",\"iccid\":898604293620C0000970}") ==
        "898604293620C0000970");
  const auto error_in = [&](const std::string& payload) {
    const auto span =
        explain(&bench.store(), bench.context, payload, std::nullopt).error_span.value();
    return std::pair{span.offset, span.length};
  };
  using Span = std::pair<std::size_t, std::size_t>;
  CHECK(error_in(R"({"iccid":)") == Span{9, 0});
  CHECK(error_in(R"({"iccid":1}x)") == Span{11, 1});
  CHECK_FALSE(explain(&bench.store(), bench.context, "{}", "elsewhere").error_span);
}

TEST_CASE("explain says what would change and what would be published") {
  OperationsBench bench;
  bench.context.policy.on_conflict = OnConflict::follow;
  for (const char* iccid : {"898604293620C0000970", "89860617060065258667"}) {
    add_card(bench.store(), bench.context, iccid_of(iccid), {});
  }
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D2", "89860617060065258667") == Outcome::binding_created);
  const Explanation explanation = explain(&bench.store(), bench.context,
                                          R"({"iccid":"898604293620C0000970"})", "/1/D2/info/post");
  std::vector<std::string> writes;
  for (const ExplainedWrite& write : explanation.writes) {
    writes.push_back(write.kind + ' ' + (write.device ? write.device->text() : "-") + ' ' +
                     std::string{write.iccid ? write.iccid->text() : "-"});
  }
  CHECK(std::ranges::count(writes, "binding.released 1/D1 898604293620C0000970") == 1);
  CHECK(std::ranges::count(writes, "binding.released 1/D2 89860617060065258667") == 1);
  CHECK(std::ranges::count(writes, "binding.created 1/D2 898604293620C0000970") == 1);
  std::vector<std::string> events;
  for (const ExplainedEvent& event : explanation.events) events.push_back(event.type);
  CHECK(events.front() == "iotcard.mismatch.card_in_use");
  CHECK(events.back() == "iotcard.binding.created");
  bench.context.policy.mute = {EventKind::binding_released};
  CHECK(explain(&bench.store(), bench.context, R"({"iccid":"898604293620C0000970"})",
                "/1/D2/info/post")
            .events.size() == events.size() - 2);
}

TEST_CASE("explain decides for the device that the topic names, and changes nothing") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, iccid_of("898604293620C0000970"), {});
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::binding_created);
  bench.events();
  const std::string payload = R"({"iccid":"898604293620C0000970"})";
  CHECK(explained(bench, payload, "/1/D1/info/post").find("binding.confirmed") !=
        std::string::npos);
  const std::string other = explained(bench, payload);
  CHECK(other.find("mismatch.card_in_use") != std::string::npos);
  CHECK(other.find(R"("holder":"1/D1","bound_iccid":null)") != std::string::npos);
  CHECK(other.find(R"("suspect":"moved")") != std::string::npos);
  CHECK(explained(bench, payload, "elsewhere").find("bad-topic") != std::string::npos);
  CHECK(bench.events().empty());
  CHECK(bench.store().count_devices() == 1);
  CHECK(bench.store().count_open_mismatches() == 0);
}

TEST_CASE("explain says who holds the card and which card the device has") {
  OperationsBench bench;
  for (const char* iccid : {"898604293620C0000970", "89860617060065258667"}) {
    add_card(bench.store(), bench.context, iccid_of(iccid), {});
  }
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D2", "89860617060065258667") == Outcome::binding_created);
  const std::string topic = report_topic(&bench.store(), bench.context, {"1", "D2"});
  CHECK(topic == "/1/D2/info/post");
  CHECK(explained(bench, R"({"iccid":"898604293620C0000970"})", topic.c_str())
            .find(R"("holder":"1/D1","bound_iccid":"89860617060065258667")") != std::string::npos);
  CHECK(report_topic(nullptr, bench.context, {"2", "X"}) == "/2/X/info/post");
}

TEST_CASE("a rounded ICCID is lost unless a card has exactly this ICCID") {
  OperationsBench bench;
  const Iccid rounded = iccid_of("89860617060065263616");
  const std::string payload = R"({"iccid":"89860617060065263616"})";
  CHECK(explain(nullptr, bench.context, payload, {}).problem == IccidProblem::precision_lost);
  add_card(bench.store(), bench.context, iccid_of("89860617060065258667"), {});
  const Explanation lost = explain(&bench.store(), bench.context, payload, {});
  CHECK(lost.problem == IccidProblem::precision_lost);
  CHECK(lost.candidates == std::vector<Iccid>{iccid_of("89860617060065258667")});
  CHECK(explanation_json(lost).find(R"("iccid":null)") != std::string::npos);
  add_card(bench.store(), bench.context, rounded, {});
  CHECK(explain(&bench.store(), bench.context, payload, {}).outcome == Outcome::binding_created);
}
