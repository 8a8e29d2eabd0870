// SPDX-License-Identifier: Apache-2.0
// What needs a person today, and what the daemons of one prefix say.
#include <rapidjson/document.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "operations/status.h"
#include "support/store_writes.h"
#include "unit/operations_bench.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string one = "89860429362000000970";

StatusInputs well_inputs() {
  StatusInputs inputs{.connected = true, .connection = "connected", .version = "0.2.0"};
  inputs.daemons.own = {.state = "online", .version = "0.2.0", .since = "2026-11-24T07:00:00.000Z"};
  inputs.daemons.own.client = "iotcardd";
  inputs.daemons.payload = R"({"state":"online","version":"0.2.0"})";
  inputs.journal.bytes = 0;
  inputs.max_backlog = 1 << 30;
  inputs.disks = {{"/disk", std::uint64_t{1} << 40, std::uint64_t{1} << 41, 0}};
  return inputs;
}

struct StatusBench : OperationsBench {
  StatusReport status(StatusInputs inputs = well_inputs()) {
    return describe_status(store(), context, describe_statistics(store(), context),
                           std::move(inputs));
  }
};

// "SUBJECT|TEXT|COMMAND"
std::string line(const StatusReport& report, const std::string& subject) {
  const auto found = std::ranges::find(report.attention, subject, &Attention::subject);
  if (found == report.attention.end()) return "";
  return found->subject + "|" + found->text + "|" + found->command;
}

bool well(const StatusReport& report, const std::string& subject) {
  return std::ranges::count(report.well, subject) == 1;
}

rapidjson::Document json_of(const StatusReport& report) {
  JsonText json;
  write_status(json, report);
  rapidjson::Document document;
  document.Parse(json.take().c_str());
  REQUIRE(document.IsObject());
  return document;
}

}  // namespace

TEST_CASE("an installation that is well needs nobody") {
  StatusBench bench;
  const StatusReport report = bench.status();
  CHECK(report.attention.empty());
  for (const char* subject :
       {"daemon", "journal", "events to publish", "quarantined events", "mismatches", "cards",
        "platforms", "rejected reports", "imports", "disk", "store log"}) {
    CAPTURE(subject);
    CHECK(well(report, subject));
  }
}

TEST_CASE("each thing that needs a person has a line that ends with the command that shows it") {
  StatusBench bench;
  bench.report_card("1/D1", one);
  bench.report_card("1/D2", one);
  bench.report("1/D3", R"({"iccid":"8986"})");
  Card suspended{*Iccid::from_canonical("89860429362000000996")};
  suspended.status = CardStatus::suspended;
  bench.store().add_card(suspended, {Abnormal::suspended}, {});
  const auto reject = [&](RejectionReason reason, std::chrono::hours ago) {
    add_rejected(bench.store(), {.topic = "t", .payload = "x", .arrival = bench.context.now - ago},
                 {reason, 0});
  };
  reject(RejectionReason::empty, std::chrono::hours{72});
  reject(RejectionReason::empty, std::chrono::hours{25});
  reject(RejectionReason::empty, std::chrono::hours{20});
  reject(RejectionReason::too_large, std::chrono::hours{1});
  reject(RejectionReason::empty, std::chrono::hours{0});
  bench.store().set_platforms({{.id = 4, .name = "four", .profile = "p", .health = {}}});
  bench.store().save_platform_health(4, {.failures = 2, .failure = "no answer"});
  bench.store().add_import("{}");
  bench.context.now += std::chrono::hours{2};  // events wait too long

  StatusInputs inputs = well_inputs();
  inputs.journal.bytes = std::uint64_t{500} << 20;
  inputs.disks[0].free = 1 << 20;
  inputs.daemons.own.state = "degraded";
  inputs.daemons.own.reason = "disk full";
  inputs.daemons.own.warnings = {"session taken over once; give each daemon its own id"};
  const StatusReport report = bench.status(inputs);
  CHECK_THAT(line(report, "daemon"), Contains("disk full|iotcardctl doctor"));
  CHECK_THAT(line(report, "journal"), Contains("% of intake.max_backlog|iotcardctl doctor"));
  CHECK_THAT(line(report, "events to publish"), Contains("|iotcardctl doctor"));
  CHECK(line(report, "mismatches") ==
        "mismatches|3 open: 2 card_unknown, 1 iccid_invalid|iotcardctl mismatch list --state open");
  CHECK(line(report, "cards") == "cards|abnormal: 1 suspended|iotcardctl card list --abnormal");
  CHECK(line(report, "platform 4") == "platform 4|no answer|iotcardctl platform list");
  CHECK(line(report, "rejected reports") ==
        "rejected reports|3 in the last day: 2 empty, 1 too-large|iotcardctl rejected list");
  CHECK_THAT(line(report, "imports"), Contains("1 imports of card lists are not finished"));
  CHECK_THAT(line(report, "disk"), Contains("|df -h /disk"));
  CHECK(std::ranges::count(report.attention, "daemon", &Attention::subject) == 2);
  CHECK_FALSE(well(report, "daemon"));
  CHECK(well(report, "quarantined events"));
}

TEST_CASE("the JSON of status keeps its old members and has the new ones behind them") {
  StatusBench bench;
  bench.report_card("1/D1", one);
  StatusInputs inputs = well_inputs();
  inputs.daemons.others = {{.state = "offline"}};
  inputs.daemons.others[0].client = "second";
  const auto json = json_of(bench.status(inputs));
  std::vector<std::string> names;
  for (const auto& member : json.GetObject()) names.emplace_back(member.name.GetString());
  CHECK(names == std::vector<std::string>{
                     "store", "daemon", "problem", "daemons", "broker", "started_at", "backlog",
                     "mismatches", "abnormal", "platforms_failing", "rejected_last_day",
                     "unfinished_imports", "disks", "attention", "suspects", "webhooks", "well"});
  CHECK(json["store"]["open_mismatches"].GetInt() == 1);
  CHECK(json["store"]["bytes"].GetInt64() > 0);
  CHECK(json["daemon"]["state"] == "online");
  CHECK(json["problem"].IsNull());
  CHECK(json["daemons"].Size() == 2);
  CHECK(json["daemons"][1]["client"] == "second");
  CHECK(json["mismatches"]["card_unknown"].GetInt() == 1);
  CHECK(json["abnormal"]["suspended"].GetInt() == 0);
  CHECK(json["attention"].Size() == 2);
  CHECK(json["attention"][0]["subject"] == "other daemons");
  CHECK(json["attention"][1]["command"] == "iotcardctl mismatch list --state open");
}

TEST_CASE("a broker that cannot be asked is one line, and the problem") {
  StatusBench bench;
  StatusInputs inputs{.connection = "broker not reachable: no route", .version = "0.2.0"};
  inputs.daemons.own.problem = "no route";
  const StatusReport report = bench.status(inputs);
  CHECK(report.attention.size() == 1);
  CHECK(line(report, "broker") == "broker|broker not reachable: no route|iotcardctl doctor");
  const auto json = json_of(report);
  CHECK(json["daemon"].IsNull());
  CHECK(json["problem"] == "broker not reachable: no route");
  CHECK(json["backlog"]["journal_bytes"].IsNull());
}

TEST_CASE("the statuses of one prefix are sorted by who says them") {
  const std::string own = R"({"state":"online","version":"1","client":"a","warnings":["w; do"]})";
  const DaemonStatuses alone = sort_statuses({{"p/status", own}}, "p/status", "p/status");
  CHECK(alone.own.state == "online");
  CHECK(alone.own.warnings == std::vector<std::string>{"w; do"});
  CHECK(alone.payload == own);
  CHECK(alone.others.empty());

  const std::string b = R"({"state":"offline","client":"b"})";
  const DaemonStatuses several = sort_statuses(
      {{"p/status/b", b}, {"p/status/a", own}, {"p/status", R"({"state":"offline"})"}},
      "p/status/a", "p/status");
  CHECK(several.own.client == "a");
  REQUIRE(several.others.size() == 1);  // what an older version left on the common topic is not one
  CHECK(several.others[0].client == "b");
  CHECK(several.others[0].topic == "p/status/b");
  const auto findings = judge_other_daemons(several.others);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].status == Health::warn);
  CHECK_THAT(findings[0].advice, Contains("mosquitto_pub -r -n -t p/status/b"));

  const DaemonStatuses mixed =
      sort_statuses({{"p/status/a", own}, {"p/status", R"({"state":"online","client":"old"})"}},
                    "p/status/a", "p/status");
  CHECK(mixed.others.size() == 1);
  CHECK(sort_statuses({{"p/status", "hello"}}, "p/status", "p/status").own.state == "hello");
  CHECK(sort_statuses({{"p/status", ""}}, "p/status", "p/status").own.state.empty());
}

TEST_CASE("another daemon's status on the same topic, and what a daemon warns of, are findings") {
  DaemonFacts other{.state = "online", .version = "1"};
  other.client = "b";
  other.topic = "p/status";
  const Finding finding = judge_daemon(other, "1", "a");
  CHECK(finding.status == Health::warn);
  CHECK_THAT(finding.finding, Contains("on p/status is the status of another daemon, client id b"));
  CHECK(judge_daemon(other, "1", "b").status == Health::ok);
  other.warnings = {"the session was taken over; it happens; change broker.client_id"};
  const auto warnings = judge_warnings(other);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].finding == "the session was taken over; it happens");
  CHECK(warnings[0].advice == "change broker.client_id");
  other.state = "offline";
  CHECK(judge_warnings(other).empty());
}
