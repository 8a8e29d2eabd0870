// SPDX-License-Identifier: Apache-2.0
// What an operator can do about quarantined events.
#include <catch2/catch.hpp>

#include "domain/event.h"
#include "operations/quarantine.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

struct QuarantineDesk : OperationsBench {
  // `count` devices D1, D2…, each with an event that is quarantined at the time of its number.
  void fill(int count) {
    for (int i = 1; i <= count; ++i) {
      report_card("1/D" + std::to_string(i), "89860429362000000970");
      const auto rows = store().read_outbox(context.client_id, 0, 1);
      REQUIRE(rows.size() == 1);
      store().quarantine_event(context.client_id, rows[0].sequence, "r",
                               Instant{std::chrono::seconds{i}});
    }
  }
  std::int64_t requeue(const RequeueOptions& options = {}) {
    seen.clear();
    return requeue_quarantined(store(), context, options, [&](const QuarantinedEvent& event) {
      seen.push_back(event.topic.substr(event.topic.rfind('/') + 1));
    });
  }
  std::vector<std::string> waiting() {
    std::vector<std::string> devices;
    for (const OutboxRow& row : store().read_outbox(context.client_id, 0, 1000)) {
      devices.push_back(row.topic.substr(row.topic.rfind('/') + 1));
    }
    return devices;
  }
  std::vector<std::string> seen;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("quarantined events go to the end of the outbox in their order, as they were") {
  QuarantineDesk desk;
  desk.fill(3);
  const auto kept = desk.store().list_quarantined("", 9).rows;
  CHECK(desk.waiting().empty());
  CHECK(desk.requeue() == 3);
  CHECK(desk.seen == Names{"D1", "D2", "D3"});
  CHECK(desk.waiting() == Names{"D1", "D2", "D3"});
  CHECK(desk.store().count_quarantined() == 0);
  const auto rows = desk.store().read_outbox(desk.context.client_id, 0, 9);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].payload == with_event_id(kept[i].payload, desk.store().id() + ":" +
                                                                std::to_string(rows[i].sequence)));
  }
  CHECK(desk.requeue() == 0);
}

TEST_CASE("only the events of a device, since a time or up to a number are sent again") {
  QuarantineDesk desk;
  desk.fill(4);
  CHECK(desk.requeue({.dry_run = true}) == 4);
  CHECK(desk.store().count_quarantined() == 4);
  CHECK(desk.requeue({.device = DeviceKey{"1", "D2"}}) == 1);
  CHECK(desk.waiting() == Names{"D2"});
  CHECK(desk.requeue({.since = Instant{std::chrono::seconds{3}}, .limit = 1}) == 1);
  CHECK(desk.waiting() == Names{"D2", "D3"});
  CHECK(desk.store().count_quarantined() == 2);
}

TEST_CASE("more events than a transaction has are all sent again") {
  QuarantineDesk desk;
  desk.fill(450);
  CHECK(desk.requeue() == 450);
  CHECK(desk.waiting().size() == 450);
}

TEST_CASE("quarantined events are removed by number, all or none, or as a whole") {
  QuarantineDesk desk;
  desk.fill(3);
  const auto rows = desk.store().list_quarantined("", 9).rows;
  CHECK_THROWS_AS(remove_quarantined(desk.store(), {rows[0].id, 77}), OperationError);
  CHECK(desk.store().count_quarantined() == 3);
  remove_quarantined(desk.store(), {rows[1].id});
  CHECK(desk.store().count_quarantined() == 2);
  CHECK(remove_all_quarantined(desk.store()) == 2);
  CHECK(desk.store().count_quarantined() == 0);
  CHECK(desk.waiting().empty());
}
