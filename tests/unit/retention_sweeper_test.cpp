// SPDX-License-Identifier: Apache-2.0
// Rows over the limits of [retention] are deleted, on a real store; open ones never.
#include "upkeep/retention_sweeper.h"

#include <catch2/catch.hpp>

#include "ingest/report_queue.h"
#include "support/store_writes.h"

using namespace iotcard;

namespace {

const Instant today = *parse_time("2026-11-25");
constexpr std::chrono::days day{1};

DeviceKey device(int number) {
  return {"1", "D" + std::to_string(number)};
}

Iccid iccid(int number) {
  return *Iccid::from_canonical(std::to_string(8986042936200100000 + number));
}

struct House {
  // Until nothing more is due; returns the number of steps.
  int sweep(Instant now = today) {
    int steps = 0;
    for (bool more = true; more && steps < 1000; ++steps) {
      more = false;
      for (const RetentionKind kind : retention_kinds)
        more |= sweeper.step(kind, retention, {}, now);
    }
    return steps;
  }
  void reject(int number, Instant at, std::size_t bytes = 10,
              RejectionReason reason = RejectionReason::empty) {
    add_rejected(*store,
                 {.topic = "t" + std::to_string(number),
                  .payload = std::string(bytes, 'x'),
                  .size = static_cast<std::uint32_t>(bytes),
                  .arrival = at},
                 {reason, 0});
  }
  void report(int number, Instant at, int times = 1) {
    DeviceReport reading;
    reading.iccid = Iccid::read(iccid(number).text());
    for (int i = 0; i < times; ++i) {
      save_report(*store, device(number), {"t", "{}", at, reading, Outcome::card_unknown});
    }
  }
  void mismatch(int number, Instant at) {
    apply(*store, RaiseMismatch{{.device = device(number),
                                 .outcome = Outcome::card_unknown,
                                 .reported = std::string{iccid(number).text()},
                                 .platform = {},
                                 .first_seen = at,
                                 .last_seen = at,
                                 .ended = {},
                                 .ended_by = {}}});
  }
  bool knows(int number) { return store->find_device(device(number)).has_value(); }

  std::unique_ptr<Store> store = open_store("sqlite::memory:");
  RetentionSweeper sweeper{*store, "test", std::chrono::seconds{0}};
  Retention retention;
};

}  // namespace

TEST_CASE("rejected reports are deleted by age") {
  House house;
  for (int i = 0; i < 40; ++i) house.reject(i, today - (40 - i) * day);
  house.sweep();
  CHECK(house.store->count_rejected() == 30);
  CHECK(house.store->list_rejected({}, "", 100).rows.back().report.arrival == today - 30 * day);
}

TEST_CASE("of too many rejected reports the oldest are deleted, with room for the next ones") {
  House house;
  house.retention.rejected_reports = 800;
  for (int i = 0; i < 2000; ++i) house.reject(i, today);
  house.sweep();
  CHECK(house.store->count_rejected() == 700);
  CHECK(house.store->list_rejected({}, "", 1000).rows.back().report.topic == "t1300");
}

TEST_CASE("of rejected reports with too many bytes the oldest are deleted") {
  House house;
  house.retention.rejected_bytes = 80'000;
  for (int i = 0; i < 20; ++i) house.reject(i, today, 10'000);
  house.sweep();
  CHECK(house.store->count_rejected() == 6);
}

TEST_CASE("the limits hold while full batches of garbage are added without a pause") {
  House house;
  house.retention.rejected_reports = 2000;
  house.retention.unbound_devices = 2000;
  house.sweep();
  int number = 0;
  for (int batch = 0; batch < 100; ++batch) {
    Transaction transaction{*house.store};
    for (std::size_t i = 0; i < ReportQueue::max_batch_reports; ++i) {
      house.reject(number, today);
      house.sweeper.added(RetentionKind::rejected_reports, {1, 10});
      if (batch >= 10) continue;  // devices cost more time
      house.report(number++, today);
      house.sweeper.added(RetentionKind::devices, {1, 0});
    }
    transaction.commit();
    for (const RetentionKind kind : retention_kinds) {
      house.sweeper.step(kind, house.retention, {}, today);
    }
    REQUIRE(house.store->count_rejected() <= 2000);
    REQUIRE(house.store->count_devices() <= 2000);
  }
}

TEST_CASE("a limit holds without counting all rows at each report") {
  House house;
  house.retention.rejected_reports = 100;
  for (int i = 0; i < 90; ++i) house.reject(i, today);
  CHECK(house.sweep() == 1);
  for (int i = 90; i < 300; ++i) {
    house.reject(i, today);
    house.sweeper.added(RetentionKind::rejected_reports, {1, 10});
    house.sweep();
    CHECK(house.store->count_rejected() <= 100);
  }
}

TEST_CASE("ended bindings and mismatches are deleted by age and number, open ones are not") {
  House house;
  house.retention.history = 10;
  for (int i = 0; i < 30; ++i) {
    const Instant then = today - (30 - i) * day;
    apply(*house.store, CreateBinding{device(i), iccid(i), Match::exact, then, "report"});
    house.mismatch(i, then);
    if (i < 5) continue;  // the oldest of all, and open
    apply(*house.store, EndBinding{device(i), then, "anna"});
    apply(*house.store, EndMismatch{{device(i)}, MismatchState::cleared, then, "report"});
  }
  house.sweep();
  CHECK(house.store->expired_volume(RetentionKind::bindings).rows == 9);
  CHECK(house.store->expired_volume(RetentionKind::mismatches).rows == 9);
  CHECK(house.store->count_open_bindings() == 5);
  CHECK(house.store->count_open_mismatches() == 5);
  CHECK(house.store->binding_history(device(20), 9).empty());
  CHECK(house.store->binding_history(device(29), 9).size() == 1);

  House aged;
  aged.retention.history_age = 10 * day;
  for (int i = 0; i < 20; ++i) {
    apply(*aged.store, CreateBinding{device(i), iccid(i), Match::exact, today, "report"});
    apply(*aged.store, EndBinding{device(i), today - (20 - i) * day, "anna"});
  }
  aged.sweep();
  CHECK(aged.store->expired_volume(RetentionKind::bindings).rows == 10);
}

TEST_CASE(
    "a silent device without a binding is deleted, and its mismatch is cleared with an event") {
  House house;
  house.report(1, today - 400 * day);
  house.mismatch(1, today - 400 * day);
  house.report(2, today - 400 * day);
  apply(*house.store, CreateBinding{device(2), iccid(2), Match::exact, today, "anna"});
  house.report(3, today - 300 * day);
  house.sweep();
  CHECK_FALSE(house.knows(1));
  CHECK(house.knows(2));
  CHECK(house.knows(3));
  const auto events = house.store->read_outbox("test", 0, 10);
  REQUIRE(events.size() == 1);
  CHECK(events[0].topic == "event/mismatch/cleared/1/D1");
  CHECK(events[0].payload.find(R"("by":"retention")") != std::string::npos);
}

TEST_CASE("in a flood of new names devices that reported once are deleted, bound ones never") {
  House house;
  house.retention.unbound_devices = 800;
  for (int i = 0; i < 20; ++i) house.report(i, today, 3);  // an honest fleet without cards yet
  for (int i = 20; i < 40; ++i) {
    house.report(i, today);
    apply(*house.store, CreateBinding{device(i), iccid(i), Match::exact, today, "report"});
  }
  for (int i = 1000; i < 3000; ++i) house.report(i, today);
  house.sweep();
  CHECK(house.store->expired_volume(RetentionKind::devices).rows == 700);
  for (int i = 0; i < 40; ++i) CHECK(house.knows(i));
  CHECK_FALSE(house.knows(1000));
  CHECK(house.knows(2999));
}

TEST_CASE("if all devices reported again, the oldest are deleted") {
  House house;
  house.retention.unbound_devices = 80;
  for (int i = 0; i < 100; ++i) house.report(i, today, 2);
  house.sweep();
  CHECK(house.store->expired_volume(RetentionKind::devices).rows == 70);
  CHECK_FALSE(house.knows(0));
  CHECK(house.knows(99));
}

TEST_CASE("a count that is too high deletes nothing, and is corrected") {
  House house;
  house.retention.unbound_devices = 80;
  for (int i = 0; i < 75; ++i) house.report(i, today, 2);
  house.sweep();
  house.sweeper.added(RetentionKind::devices, {1000, 0});
  CHECK(house.sweep() < 10);
  CHECK(house.store->count_devices() == 75);
}

TEST_CASE("rows that other programs deleted are not deleted a second time") {
  House house;
  house.retention.rejected_reports = 100;
  for (int i = 0; i < 99; ++i) house.reject(i, today);
  house.sweep();
  for (const RejectedReport& rejected : house.store->list_rejected({}, "", 95).rows) {
    house.store->remove_rejected(rejected.id);
  }
  for (int i = 0; i < 5; ++i) {
    house.reject(i, today);
    house.sweeper.added(RetentionKind::rejected_reports, {1, 10});
    house.sweep();
  }
  CHECK(house.store->count_rejected() == 9);
}

TEST_CASE("a limit is reached in a few steps, however many rows were deleted before") {
  House house;
  house.retention.rejected_reports = 80;
  for (int i = 0; i < 30'000; ++i) house.reject(i, today);
  house.sweep();
  const std::int64_t oldest =
      house.store
          ->expired_rows(RetentionKind::rejected_reports, {.after_id = 0, .ids = 1, .max_rows = 1})
          .rows.at(0)
          .id;
  CHECK(oldest > 29'000);
  for (int i = 0; i < 20; ++i) {
    house.reject(i, today);
    house.sweeper.added(RetentionKind::rejected_reports, {1, 10});
  }
  CHECK(house.sweep() <= 3);
  CHECK(house.store->count_rejected() == 70);
}

TEST_CASE("a quarantined report is deleted after all others") {
  House house;
  house.retention.rejected_reports = 80;
  house.reject(0, today, 10, RejectionReason::not_applied);
  for (int i = 1; i < 200; ++i) house.reject(i, today);
  house.sweep();
  CHECK(house.store->count_rejected() == 70);
  CHECK(house.store->find_rejected(1));
}

TEST_CASE("a device that was bound until today is not deleted for its long silence") {
  House house;
  house.report(1, today - 400 * day);
  apply(*house.store, CreateBinding{device(1), iccid(1), Match::exact, today - 400 * day, "anna"});
  apply(*house.store, EndBinding{device(1), today, "anna"});
  house.sweep();
  CHECK(house.knows(1));
  CHECK(house.store->binding_history(device(1), 9).size() == 1);
}

TEST_CASE("changes of cards are deleted by the limits of history") {
  House house;
  house.retention.history = 80;
  for (int i = 0; i < 200; ++i) house.store->log_change(iccid(1), {.at = today, .by = "anna"});
  house.sweep();
  CHECK(house.store->logged_changes(iccid(1), 1000).size() == 70);

  House aged;
  aged.retention.history_age = 10 * day;
  for (int i = 0; i < 20; ++i) {
    aged.store->log_change(iccid(1), {.at = today - (20 - i) * day, .by = "anna"});
  }
  aged.sweep();
  CHECK(aged.store->logged_changes(iccid(1), 1000).size() == 10);
}

TEST_CASE("nothing is deleted by age right after the start, when the clock may be wrong") {
  House house;
  house.reject(1, today - 400 * day);
  RetentionSweeper starting{*house.store, "test"};
  for (const RetentionKind kind : retention_kinds)
    CHECK_FALSE(starting.step(kind, house.retention, {}, today));
  CHECK(house.store->count_rejected() == 1);
}
