// SPDX-License-Identifier: Apache-2.0
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
      R"("candidates":[]})");
  CHECK(explained(bench, "[]") ==
        R"({"accepted":false,"iccid":null,"iccid_raw":null,"iccid_problem":null,"platform":null,)"
        R"("luhn":"not-applicable","leniencies":[],"issues":[],)"
        R"("rejection":{"reason":"not-an-object","offset":0},"outcome":null,"match":null,)"
        R"("imei":null,"iccid_key":null,"topic_pattern":"/{product}/{device}/info/post",)"
        R"("holder":null,"bound_iccid":null,"suspect":null,"candidates":[]})");
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
