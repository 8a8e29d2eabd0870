// SPDX-License-Identifier: Apache-2.0
// How a webhook fares, as metrics, doctor and status see it.
#include <catch2/catch.hpp>

#include "operations/doctor/doctor.h"
#include "operations/webhook_operations.h"
#include "unit/operations_bench.h"
#include "webhook/webhook_events.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const Instant noon = *parse_time("2026-11-23T12:00:00Z");

WebhookFacts facts(WebhookRow row, std::int64_t backlog = 0, std::int64_t lost = 0) {
  row.name = "ops";
  return {.row = std::move(row), .backlog = backlog, .lost = lost};
}

// Events of a client of which the broker has acknowledged all.
std::int64_t publish(OperationsBench& bench, int count) {
  bench.store().keep_history(bench.context.client_id, true);
  for (int i = 0; i < count; ++i) bench.report_card("1/D1", "898604293620C0000970");
  const std::int64_t last = bench.store().last_sequence();
  bench.store().mark_published(bench.context.client_id, last);
  return last;
}

WebhookFacts only(OperationsBench& bench) {
  const auto all = describe_webhooks(bench.store(), bench.context);
  REQUIRE(all.size() == 1);
  return all[0];
}

}  // namespace

TEST_CASE("a webhook's state is what its last requests came to") {
  CHECK(state_of(facts({})) == WebhookState::not_sent);
  CHECK(state_of(facts({.name = "ops", .health = {.last_answer = noon}})) == WebhookState::well);
  CHECK(state_of(facts({.name = "ops", .health = {.failures = 1}, .failing_since = noon})) ==
        WebhookState::failing);
  CHECK(state_of(facts({.name = "ops", .health = {.failures = 5}, .failing_since = noon})) ==
        WebhookState::open);
  CHECK(state_of(facts(
            {.name = "ops", .health = {.failures = 9}, .failing_since = noon, .gone_at = noon})) ==
        WebhookState::gone);
}

TEST_CASE("a webhook's backlog is what was published behind its position, from its first day on") {
  OperationsBench bench;
  publish(bench, 3);
  const std::string& client = bench.context.client_id;
  register_webhooks(bench.store(), client, {"ops"});
  CHECK(only(bench).backlog == 0);
  const std::int64_t last = publish(bench, 5);
  CHECK(only(bench).backlog == 5);
  register_webhooks(bench.store(), client, {"ops"});  // a reload
  CHECK(only(bench).backlog == 5);
  bench.store().set_event_cursor(webhook_consumer("ops"), client, last - 2);
  CHECK(only(bench).backlog == 2);
  bench.store().remove_events(client, last - 1);
  CHECK(only(bench).backlog == 1);
  CHECK(only(bench).lost == 1);
}

TEST_CASE("a webhook that is removed and comes back has lost what was deleted meanwhile") {
  OperationsBench bench;
  const std::string& client = bench.context.client_id;
  publish(bench, 1);
  register_webhooks(bench.store(), client, {"ops"});
  publish(bench, 2);
  register_webhooks(bench.store(), client, {});
  CHECK(describe_webhooks(bench.store(), bench.context).empty());
  const std::int64_t last = publish(bench, 2);
  bench.store().remove_events(client, last - 1);
  register_webhooks(bench.store(), client, {"ops"});
  CHECK(only(bench).backlog == 1);
  CHECK(only(bench).lost == 3);
}

TEST_CASE("a webhook reads and stores its progress through the store") {
  OperationsBench bench;
  const std::string& client = bench.context.client_id;
  publish(bench, 1);
  register_webhooks(bench.store(), client, {"ops"});
  const std::int64_t last = publish(bench, 3);
  StoreWebhookEvents events{
      [&] { return open_existing_store("sqlite:" + bench.folder() + "/cards.db"); }, client, "ops"};
  WebhookEvents::Progress progress = events.load();
  const auto rows = events.next(progress.position, 2, {});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].sequence == last - 2);
  CHECK_THAT(rows[0].payload, Contains(":" + std::to_string(last - 2) + "\",\"source\""));
  progress.row.sent = 1;
  progress.position = rows[0].sequence;
  events.set_aside(progress, {.topic = rows[0].topic, .payload = rows[0].payload, .reason = "no"});
  CHECK(bench.store().count_quarantined() == 1);
  progress.row.sent = 2;
  progress.position = rows[1].sequence;
  events.save(progress);
  CHECK(events.load().row == progress.row);
  CHECK(events.load().position == rows[1].sequence);
  CHECK(only(bench).backlog == 1);
}

TEST_CASE("doctor says since when a webhook fails, what waits, what was set aside and lost") {
  const Finding well = judge_webhook(facts({.name = "ops", .health = {.last_answer = noon}}));
  CHECK(well.check == "webhook ops");
  CHECK(well.status == Health::ok);
  CHECK_THAT(well.finding, Contains("2026-11-23T12:00:00.000Z") && Contains("0 events wait"));
  const Finding failing =
      judge_webhook(facts({.name = "ops",
                           .health = {.failures = 7, .next_try = noon, .failure = "no answer"},
                           .failing_since = noon,
                           .set_aside = 4},
                          120));
  CHECK(failing.status == Health::warn);
  CHECK_THAT(failing.finding, Contains("fails since 2026-11-23T12:00:00.000Z: no answer") &&
                                  Contains("120 events wait") && Contains("4 refused"));
  const Finding lost =
      judge_webhook(facts({.name = "ops", .health = {.last_answer = noon}}, 0, 17));
  CHECK(lost.status == Health::warn);
  CHECK_THAT(lost.finding, Contains("17 deleted by [retention]"));
  CHECK_THAT(lost.advice, Contains("retention.events"));
  CHECK(
      judge_webhook(facts({.name = "ops", .failing_since = noon, .gone_at = noon}, 0, 17)).status ==
      Health::fail);
  CHECK(judge_webhook_url("ops", 405, "").status == Health::ok);
  CHECK(judge_webhook_url("ops", 0, "Connection refused").status == Health::warn);
}

TEST_CASE("the JSON of a webhook names its failure only while it fails") {
  const auto json_of = [](const WebhookFacts& one) {
    JsonText json;
    write_webhook(json, one);
    return json.take();
  };
  CHECK(json_of(facts({.name = "ops", .health = {.last_answer = noon, .failure = "old"}, .sent = 3},
                      2, 1)) ==
        R"({"name":"ops","state":"well","backlog":2,"sent":3,"failed":0,"set_aside":0,"lost":1,)"
        R"("last_delivered":"2026-11-23T12:00:00.000Z","failing_since":null,"failure":null,)"
        R"("next_try":null})");
  CHECK_THAT(
      json_of(facts(
          {.name = "ops", .health = {.failures = 1, .failure = "no"}, .failing_since = noon})),
      Contains(R"("state":"failing")") && Contains(R"("failure":"no")"));
}
