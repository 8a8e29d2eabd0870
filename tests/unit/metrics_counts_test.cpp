// SPDX-License-Identifier: Apache-2.0
// What is counted for /metrics on the way of a report: from the journal to the broker.
#include "api/metrics.h"
#include "metrics_bench.h"

using namespace iotcard;

namespace {

constexpr std::array few_bounds{1.0, 2.0};

}  // namespace

TEST_CASE("each report is counted once, by its outcome or by the reason of its rejection") {
  Bench bench;
  bench.store->add_card(Card{*Iccid::from_canonical(iccid)});
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  append(*journal, "D1", R"({"iccid":898604293620C0000970})");
  append(*journal, "D1", "{\"iccid\":\" 898604293620c0000970\",}");
  append(*journal, "D2", R"({"rssi":"strong","status":{},"firmwareVersion":[]})");
  append(*journal, "D3", R"({"iccid":")" + stranger + R"("})");
  append(*journal, "D4", "{");
  append(*journal, "D4", "[]");
  append(*journal, "D5/more", "{}");
  apply_all(*applier, *journal);

  const ReportCounts counts = applier->counts();
  CHECK(counts.applied == 7);
  CHECK(counts.outcomes[Outcome::binding_created] == 1);
  CHECK(counts.outcomes[Outcome::binding_confirmed] == 1);
  CHECK(counts.outcomes[Outcome::no_card] == 1);
  CHECK(counts.outcomes[Outcome::card_unknown] == 1);
  CHECK(counts.outcomes.total() == 4);
  CHECK(counts.rejected[RejectionReason::truncated] == 1);
  CHECK(counts.rejected[RejectionReason::not_an_object] == 1);
  CHECK(counts.rejected[RejectionReason::bad_topic] == 1);
  CHECK(counts.rejected.total() == 3);
  CHECK(counts.leniencies[Leniency::unquoted_iccid] == 1);
  CHECK(counts.leniencies[Leniency::trimmed] == 1);
  CHECK(counts.leniencies[Leniency::lower_case] == 1);
  CHECK(counts.leniencies[Leniency::trailing_comma] == 1);
  CHECK(counts.leniencies.total() == 4);
  CHECK(counts.issues == 3);
  CHECK(counts.batch_reports.sum() == 7);
  CHECK(counts.batch_reports.count() == counts.batch_seconds.count());
  CHECK(counts.batch_seconds.sum() > 0);
}

TEST_CASE(
    "a batch that is rolled back counts nothing, and its reports count when they are applied") {
  Bench bench;
  bench.break_store(refuses_bad);
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (const char* number : {"D1", "D2", "D3", "BAD"}) {
    append(*journal, number, R"({"iccid":898604293620C0000971,"rssi":"strong"})");
  }
  apply_all(*applier, *journal);
  const ReportCounts counts = applier->counts();
  CHECK(counts.applied == 4);
  CHECK(counts.outcomes[Outcome::card_unknown] == 3);
  CHECK(counts.outcomes.total() == 3);
  CHECK(counts.rejected[RejectionReason::not_applied] == 1);
  CHECK(counts.rejected.total() == 1);
  CHECK(counts.leniencies[Leniency::unquoted_iccid] == 3);
  CHECK(counts.issues == 3);
  CHECK(counts.batch_reports.sum() == 3);
}

TEST_CASE("a deferred report counts as deferred, and with its outcome once it is applied") {
  constexpr int flood = 2000;
  constexpr int honest = 10;
  Bench bench;
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (int i = 0; i < flood; ++i) {
    append(*journal, "FLOOD", "{}");
    if (i % (flood / honest) == 0) append(*journal, "D" + std::to_string(i), "{}");
  }
  applier->start();
  wait_until([&] { return applier->counts().applied == flood + honest; });
  applier->stop();
  const ReportCounts counts = applier->counts();
  CHECK(counts.deferred > 0);
  CHECK(counts.outcomes[Outcome::no_card] == flood + honest);
  CHECK(counts.batch_reports.sum() == flood + honest);
}

TEST_CASE("a value at a bound counts below it, and one above all bounds is counted as well") {
  Histogram<few_bounds> histogram;
  for (const double value : {0.5, 1.0, 1.5, 2.0, 2.5}) histogram.observe(value);
  CHECK(histogram.counts() == std::array<std::uint64_t, 3>{2, 2, 1});
  CHECK(histogram.sum() == 7.5);
  histogram += histogram;
  CHECK(histogram.count() == 10);
}

TEST_CASE("the oldest waiting report is the first one after the applied ones") {
  Bench bench;
  const auto journal = bench.open_journal();
  const auto first = [&](JournalPosition from) {
    return first_arrival(journal->dir(), from, journal->end());
  };
  CHECK_FALSE(first({}).has_value());
  append_later(*journal, std::chrono::seconds{1});
  const JournalPosition behind_one = journal->end();
  append_later(*journal, std::chrono::seconds{2});
  CHECK(first({}) == bench.clock.now() + std::chrono::seconds{1});
  CHECK(first(behind_one) == bench.clock.now() + std::chrono::seconds{2});
  CHECK_FALSE(first(journal->end()).has_value());

  const auto applier = bench.make_applier(*journal);
  apply_all(*applier, *journal);
  CHECK_FALSE(first(applier->applied()).has_value());
}

TEST_CASE("what the broker acknowledges and refuses is counted") {
  Bench bench;
  for (int i = 0; i < 3; ++i) append_confirmation(bench);
  FakeBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  outbox.start();
  outbox.connected();
  const auto sent = broker.wait_for(3);
  REQUIRE(sent.size() == 3);
  outbox.published(sent[0].first, Delivery::acknowledged, "");
  outbox.published(sent[1].first, Delivery::refused, "not authorized");
  outbox.published(sent[2].first, Delivery::acknowledged,
                   "");  // of what has been begun again: nobody's
  CHECK(outbox.counts().published == 1);
  CHECK(outbox.counts().refused == 1);
}

TEST_CASE("the depth of the outbox is the number of events that the broker has not acknowledged") {
  Bench bench;
  const Context context = context_of_bench();
  CHECK(describe_queues(*bench.store, context, 0).outbox_events == 0);
  CHECK_FALSE(describe_queues(*bench.store, context, 0).oldest_event.has_value());
  for (int i = 0; i < 5; ++i) append_confirmation(bench, std::chrono::seconds{i});
  for (std::int64_t acknowledged = 0; acknowledged < 5; ++acknowledged) {
    const QueueStatistics found = describe_queues(*bench.store, context, acknowledged);
    CHECK(found.outbox_events == 5 - acknowledged);
    CHECK(found.oldest_event == bench.clock.now() + std::chrono::seconds{acknowledged});
  }
  CHECK(describe_queues(*bench.store, context, 5).outbox_events == 0);
  bench.store->remove_published(client, 2);
  CHECK(describe_queues(*bench.store, context, 3).outbox_events == 2);
  CHECK(describe_queues(*bench.store, context, 0).outbox_events == 3);  // after a restart
}
