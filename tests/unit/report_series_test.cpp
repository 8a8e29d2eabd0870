// SPDX-License-Identifier: Apache-2.0
// Counts of reports over time: how they are saved, and how they are read as curves.
#include "upkeep/report_series.h"

#include <catch2/catch.hpp>

#include "operations/report_series.h"
#include "unit/operations_bench.h"

namespace iotcard {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct SeriesWorld {
  Instant now = *parse_time("2026-11-24T08:00:00Z");
  ReportTotals totals{};
  OperationsBench bench;
  ReportSeries series{bench.store(), [this] { return totals; }};

  void accept(Outcome outcome, int reports) {
    totals.received += static_cast<std::uint64_t>(reports);
    for (int i = 0; i < reports; ++i) totals.counts.outcomes.add(outcome);
  }
  void pass(Duration time) {
    const Instant end = now + time;
    for (; now < end; now += seconds{10}) CHECK_FALSE(series.step(now));
    CHECK_FALSE(series.step(now));
  }
  std::string curves(const std::string& metrics, const std::string& step, Duration span) {
    JsonText json;
    write_curves(
        json, report_curves(bench.store(), series_query_from(metrics, step, now - span, now), now));
    const std::string text = json.take();
    return text.substr(text.find("\"series\""));
  }
};

}  // namespace

TEST_CASE("reports are counted in the five minutes in which they came") {
  SeriesWorld world;
  world.pass(minutes{1});
  world.accept(Outcome::binding_created, 3);
  world.pass(minutes{4});  // to 08:05
  world.accept(Outcome::no_card, 2);
  world.totals.received += 1;
  world.totals.counts.rejected.add(RejectionReason::truncated);
  world.pass(minutes{6});  // to 08:11, of which the last minute may be missing
  CHECK(world.curves("received,accepted,rejected", "5m", minutes{11}) ==
        R"("series":{"received":[3,3,0],"accepted":[3,2,0],"rejected":[0,1,0]}})");
  CHECK(world.curves("outcome.binding.created,outcome.report.no_card", "1h", minutes{11}) ==
        R"("series":{"outcome.binding.created":[3],"outcome.report.no_card":[2]}})");
}

TEST_CASE("a time in which no daemon ran has no number") {
  SeriesWorld world;
  world.pass(minutes{1});
  world.series.save(world.now);
  world.now += minutes{10};
  ReportSeries restarted{world.bench.store(), [] { return ReportTotals{}; }};
  CHECK_FALSE(restarted.step(world.now));
  world.now += minutes{1};
  CHECK_FALSE(restarted.step(world.now));
  CHECK(world.curves("received", "5m", minutes{12}) == R"("series":{"received":[0,null,0]}})");
}

TEST_CASE("numbers are written once a minute, however many reports come") {
  SeriesWorld world;
  int reads = 0;
  ReportSeries series{world.bench.store(), [&] {
                        ++reads;
                        return world.totals;
                      }};
  for (int i = 0; i < 600; ++i) {
    world.accept(Outcome::no_card, 1);
    CHECK_FALSE(series.step(world.now + minutes{1} + std::chrono::milliseconds{100 * i}));
  }
  CHECK(reads <= 1);
}

TEST_CASE("numbers that the store does not take are saved later") {
  SeriesWorld world;
  world.pass(minutes{1});
  world.accept(Outcome::no_card, 4);
  const auto other = open_store("sqlite:" + world.bench.folder() + "/cards.db");
  world.bench.store().set_lock_timeout(std::chrono::milliseconds{0});
  other->begin();
  CHECK(world.series.step(world.now + minutes{1}));
  CHECK_FALSE(world.series.step(world.now + minutes{1} + seconds{10}));  // does not try at once
  other->rollback();
  CHECK_FALSE(world.series.step(world.now + minutes{2}));
  world.now += minutes{2};
  CHECK(world.curves("received", "5m", minutes{3}) == R"("series":{"received":[4]}})");
}

TEST_CASE("seven days are kept, and a query asks for no more") {
  SeriesWorld world;
  world.bench.store().add_series(world.now - hours{24 * 8}, {{"received", 1}});
  world.pass(minutes{6});
  CHECK(world.bench.store().series("received", Instant{}, world.now).size() == 2);
  const auto query = [&](const char* metrics, const char* step, Duration span) {
    return series_query_from(metrics, step, world.now - span, world.now);
  };
  CHECK_NOTHROW(query("received, leniency.unquoted-iccid", "1h", hours{24 * 7}));
  CHECK_THROWS_AS(query("received", "5m", hours{24 * 7} + seconds{1}), OperationError);
  CHECK_THROWS_AS(query("received", "10m", hours{1}), OperationError);
  for (const char* metric :
       {"", "mood", "outcome.", "outcome.mood", "leniency.mood", "received,"}) {
    CAPTURE(metric);
    CHECK_THROWS_AS(query(metric, "5m", hours{1}), OperationError);
  }
}

}  // namespace iotcard
