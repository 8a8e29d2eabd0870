// SPDX-License-Identifier: Apache-2.0
// What /metrics shows, from a report in a real journal to Prometheus' text.
#include "api/metrics.h"

#include "metrics_bench.h"
#include "support/prometheus_text.h"

using namespace iotcard;

namespace {

LiveFacts no_facts() {
  LiveFacts live;
  live.version = "0.1.0";
  live.started_at = FixedClock{}.now();
  live.now = FixedClock{}.now();
  return live;
}

MetricsFacts gathered(LiveFacts live, Store& store) {
  StoreFigureCache figures{[&] { return count_figures(store, context_of_bench()); }, {}};
  return gather_metrics(std::move(live), &store, context_of_bench(), figures);
}

PrometheusText text_of(const MetricsFacts& facts) {
  PrometheusText text = read_prometheus_text(metrics_text(facts));
  CHECK(text.problems == std::vector<std::string>{});
  return text;
}

void check_series(const PrometheusText& text, const std::map<std::string, double>& expected) {
  for (const auto& [series, value] : expected) {
    INFO(series);
    REQUIRE(text.series.contains(series));
    CHECK(text.series.at(series) == value);
  }
}

}  // namespace

TEST_CASE("each kind has a series from the start") {
  Bench bench;
  const PrometheusText text = text_of(gathered(no_facts(), *bench.store));
  const std::map<std::string, std::size_t> kinds{
      {"iotcardd_reports_rejected_total", rejection_reason_names.names.size()},
      {"iotcardd_outcomes_total", outcome_count},
      {"iotcardd_leniencies_total", leniency_names.names.size()},
      {"iotcardd_cards", card_status_names.names.size()},
      {"iotcardd_cards_abnormal", abnormal_names.names.size()},
      {"iotcardd_mismatches_open", 6},
      {"iotcardd_mismatches_open_suspected", 2},
      {"iotcardd_apply_batch_reports_bucket", batch_report_bounds.size() + 1},
      {"iotcardd_apply_batch_seconds_bucket", batch_second_bounds.size() + 1}};
  for (const auto& [family, count] : kinds) {
    const auto series = text.by_label(family);
    CHECK(series.size() == count);
    for (const auto& [label, value] : series) CHECK(value == 0);
  }
  CHECK(text.series.at(R"(iotcardd_build_info{version="0.1.0"})") == 1);
  CHECK(text.series.at("iotcardd_store_readable") == 1);
  CHECK(text.series.at("process_start_time_seconds") == 500'000.0 * 3600);
  CHECK(text.by_label("iotcardd_apply_batch_seconds_bucket").contains("0.00025"));
}

TEST_CASE("the text has the counters, the queues and the figures of the store") {
  Bench bench;
  Card card{*Iccid::from_canonical(iccid)};
  card.status = CardStatus::active;
  bench.store->add_card(card);
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  append(*journal, "D1", R"({"iccid":898604293620C0000970})");
  append(*journal, "D2", R"({"iccid":")" + stranger + R"("})");
  append(*journal, "D3", "{");
  apply_all(*applier, *journal);
  append_later(*journal, std::chrono::seconds{0});

  LiveFacts live = no_facts();
  live.now += std::chrono::seconds{90};
  live.degraded = true;
  live.broker_connected = true;
  live.received = 4;
  live.reports = applier->counts();
  live.journal_bytes = journal->backlog();
  live.journal_oldest = first_arrival(journal->dir(), applier->applied(), journal->end());
  live.events_published = 7;
  live.events_refused = 2;
  live.events_quarantined = 4;
  const PrometheusText text = text_of(gathered(live, *bench.store));
  check_series(text, {{"iotcardd_degraded", 1},
                      {"iotcardd_broker_connected", 1},
                      {"iotcardd_reports_received_total", 4},
                      {"iotcardd_reports_accepted_total", 2},
                      {R"(iotcardd_reports_rejected_total{reason="truncated"})", 1},
                      {R"(iotcardd_outcomes_total{outcome="binding.created"})", 1},
                      {R"(iotcardd_outcomes_total{outcome="mismatch.card_unknown"})", 1},
                      {R"(iotcardd_leniencies_total{leniency="unquoted-iccid"})", 1},
                      {"iotcardd_apply_batch_reports_sum", 3},
                      {"iotcardd_journal_waiting_bytes", 28 + 14 + 2},
                      {"iotcardd_journal_oldest_seconds", 90},
                      {"iotcardd_events_published_total", 7},
                      {"iotcardd_events_refused_total", 2},
                      {"iotcardd_events_quarantined_total", 4},
                      {"iotcardd_quarantined_events", 0},
                      {"iotcardd_outbox_events", 3},
                      {"iotcardd_outbox_oldest_seconds", 90},
                      {R"(iotcardd_cards{status="active"})", 1},
                      {"iotcardd_devices", 2},
                      {"iotcardd_bindings_open", 1},
                      {R"(iotcardd_mismatches_open{outcome="mismatch.card_unknown"})", 1},
                      {"iotcardd_rejected_reports", 1}});
}

TEST_CASE("each platform has a series, and the store's log has its figures") {
  LiveFacts live = no_facts();
  PlatformCounts counts;
  counts.calls = 3;
  counts.faults[static_cast<std::size_t>(ServiceFault::timeout)] = 1;
  counts.found = 2;
  counts.seconds.observe(0.2);
  live.platforms = {{3, counts}, {4, {}}};
  StoreFigures figures;
  figures.platforms[3] = {.cards = 7, .never = 2, .oldest = live.now - std::chrono::seconds{60}};
  const PlatformRow row{
      .id = 3, .name = "", .profile = "", .health = {.failures = 1}, .round = {.held = 5}};
  const StoreLog log{.bytes = 5000, .blocked_since = live.now - std::chrono::seconds{90}};
  const PrometheusText text = text_of(
      {live, MetricsFacts::Stored{std::make_shared<const StoreFigures>(figures), {}, {row}, log}});
  check_series(text, {{"iotcardd_store_log_bytes", 5000},
                      {"iotcardd_store_log_blocked_seconds", 90},
                      {R"(iotcardd_platform_calls_total{platform="3"})", 3},
                      {R"(iotcardd_platform_calls_total{platform="4"})", 0},
                      {R"(iotcardd_platform_errors_total{platform="3",kind="timeout"})", 1},
                      {R"(iotcardd_platform_errors_total{platform="4",kind="log_in"})", 0},
                      {R"(iotcardd_platform_answers_total{platform="3",answer="found"})", 2},
                      {R"(iotcardd_platform_failing{platform="3"})", 1},
                      {R"(iotcardd_platform_cards{platform="3"})", 7},
                      {R"(iotcardd_platform_cards_unasked{platform="3"})", 2},
                      {R"(iotcardd_platform_cards_held_back{platform="3"})", 5},
                      {R"(iotcardd_platform_oldest_seconds{platform="3"})", 60}});
}

TEST_CASE("each webhook has a series for each figure and for each state") {
  MetricsFacts::Stored stored{std::make_shared<const StoreFigures>(), {}, {}};
  stored.webhooks = {
      {.row = {.name = "ops", .sent = 7, .failed = 3, .set_aside = 2}, .backlog = 5, .lost = 4},
      {.row = {.name = "pager", .gone_at = Instant{}}}};
  const PrometheusText text = text_of({no_facts(), stored});
  check_series(text, {{R"(iotcardd_webhook_sent_total{webhook="ops"})", 7},
                      {R"(iotcardd_webhook_failures_total{webhook="ops"})", 3},
                      {R"(iotcardd_webhook_set_aside_total{webhook="ops"})", 2},
                      {R"(iotcardd_webhook_lost_total{webhook="ops"})", 4},
                      {R"(iotcardd_webhook_backlog_events{webhook="ops"})", 5},
                      {R"(iotcardd_webhook_state{webhook="ops",state="not_sent"})", 1},
                      {R"(iotcardd_webhook_state{webhook="pager",state="gone"})", 1},
                      {R"(iotcardd_webhook_state{webhook="pager",state="well"})", 0}});
}

TEST_CASE("a clock that was turned back makes no age negative") {
  LiveFacts live = no_facts();
  live.journal_oldest = live.now + std::chrono::hours{1};
  const PrometheusText text = text_of({live, {}});
  CHECK(text.series.at("iotcardd_journal_oldest_seconds") == 0);
}

TEST_CASE("a second scrape within a minute reads no cards, mismatches or rejected reports") {
  Bench bench;
  bench.store->add_card(Card{*Iccid::from_canonical(iccid)});
  StoreFigureCache figures{[&] { return count_figures(*bench.store, context_of_bench()); }, {}};
  const auto scrape = [&] {
    return text_of(gather_metrics(no_facts(), bench.store.get(), context_of_bench(), figures));
  };
  CHECK(scrape().series.at(R"(iotcardd_cards{status="unknown"})") == 1);
  for (const char* table : {"card", "device", "binding", "mismatch", "rejected_report"}) {
    bench.break_store(("ALTER TABLE " + std::string{table} + " RENAME TO gone_" + table).c_str());
  }
  append_confirmation(bench);
  const PrometheusText text = scrape();
  CHECK(text.series.at("iotcardd_store_readable") == 1);
  CHECK(text.series.at("iotcardd_outbox_events") == 1);  // exact
  CHECK(text.series.at(R"(iotcardd_cards{status="unknown"})") == 1);
}

TEST_CASE("the help of a figure that may be a minute old says so") {
  Bench bench;
  const std::string text = metrics_text(gathered(no_facts(), *bench.store));
  for (const char* family :
       {"iotcardd_cards", "iotcardd_cards_abnormal", "iotcardd_devices", "iotcardd_bindings_open",
        "iotcardd_mismatches_open", "iotcardd_rejected_reports", "iotcardd_deferred_reports"}) {
    INFO(family);
    const std::string help = text.substr(text.find("# HELP " + std::string{family} + ' '));
    CHECK(help.substr(0, help.find('\n')).ends_with("At most a minute old."));
  }
}

TEST_CASE("if the store cannot be read, only its own figures are missing") {
  Bench bench;
  LiveFacts live = no_facts();
  live.received = 5;
  bench.break_store("ALTER TABLE rejected_report RENAME TO gone");
  const PrometheusText text = text_of(gathered(live, *bench.store));
  CHECK(text.series.at("iotcardd_store_readable") == 0);
  CHECK(text.series.at("iotcardd_reports_received_total") == 5);
  CHECK_FALSE(text.types.contains("iotcardd_rejected_reports"));
  CHECK_FALSE(text.types.contains("iotcardd_cards"));
}

TEST_CASE("the text has no card, no device and nothing else from reports") {
  const std::string forged = "\"} 1\niotcardd_forged_total{x=\"y";
  const std::string name = "\"} 1 \\n forged{x=\"y";  // MQTT lets no line end into a topic
  Bench bench;
  Card card{*Iccid::from_canonical(iccid)};
  card.operator_name = "OPERATOR" + forged;
  card.plan = "PLAN" + forged;
  bench.store->add_card(card);
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  append(*journal, "NUMBER" + name, R"({"iccid":")" + iccid + R"("})");
  append(*journal, "SECOND" + name, R"({"iccid":")" + iccid + R"("})");
  append(*journal, "THIRD" + name,
         R"({"iccid":")" + stranger + R"(","rssi":"FIELD","PAYLOAD":"PAYLOAD"})");
  append(*journal, "FOURTH" + name, "PAYLOAD");
  append(*journal, "TOPIC" + forged + "/more", "{}");
  apply_all(*applier, *journal);
  LiveFacts live = no_facts();
  live.reports = applier->counts();
  REQUIRE(live.reports.outcomes.total() == 3);
  REQUIRE(live.reports.rejected.total() == 2);

  const std::string text = metrics_text(gathered(live, *bench.store));
  for (const std::string& made_up : std::vector<std::string>{
           "forged", iccid, stranger, "8986", "NUMBER", "SECOND", "THIRD", "FOURTH", "TOPIC",
           "OPERATOR", "PLAN", "PAYLOAD", "FIELD", "info/post", std::string{client} + '"'}) {
    INFO(made_up);
    CHECK(text.find(made_up) == std::string::npos);
  }
  CHECK(read_prometheus_text(text).problems == std::vector<std::string>{});
  const PrometheusText empty = text_of(gathered(no_facts(), *Bench{}.store));
  CHECK(read_prometheus_text(text).series.size() == empty.series.size());
}
