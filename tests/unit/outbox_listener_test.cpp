// SPDX-License-Identifier: Apache-2.0
// The listener of the outbox publisher gets each event once, in order, when it is acknowledged.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "ingest/outbox_publisher.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

class Taker : public Publisher {
 public:
  bool publish(std::int64_t sequence, const std::string&, const std::string&) override {
    {
      const std::lock_guard lock{mutex_};
      sent_.push_back(sequence);
    }
    changed_.notify_all();
    return true;
  }
  std::vector<std::int64_t> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    REQUIRE(
        changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return sent_.size() >= count; }));
    return sent_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> sent_;
};

}  // namespace

TEST_CASE("the listener gets an event that was sent twice once, in order and as it was sent") {
  OperationsBench bench;
  for (int i = 0; i < 4; ++i) bench.report_card("1/D" + std::to_string(i), "89860429362000000970");
  const auto rows = bench.store().read_outbox(bench.context.client_id, 0, 10);
  REQUIRE(rows.size() == 4);

  Taker broker;
  const SystemClock clock;
  OutboxPublisher outbox{bench.store(), broker, clock, bench.context.client_id, "iotcard"};
  std::vector<OutboxRow> heard;
  outbox.set_listener([&](const OutboxRow& row) { heard.push_back(row); });
  outbox.start();
  outbox.connected();
  const auto first = broker.wait_for(4);
  outbox.published(first[1], Delivery::acknowledged, "");  // not before the one in front of it
  CHECK(heard.empty());
  outbox.published(first[0], Delivery::acknowledged, "");
  CHECK(heard.size() == 2);
  outbox.published(first[3], Delivery::acknowledged, "");
  outbox.disconnected();
  outbox.connected();
  const auto again = broker.wait_for(6);
  CHECK(std::vector<std::int64_t>(again.begin() + 4, again.end()) ==
        std::vector<std::int64_t>{first[2], first[3]});
  outbox.published(first[2], Delivery::acknowledged, "");
  outbox.published(first[3], Delivery::acknowledged, "");
  outbox.stop();
  REQUIRE(heard.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(heard[i].sequence == rows[i].sequence);
    CHECK(heard[i].topic == rows[i].topic);
    CHECK(heard[i].payload == rows[i].payload);
  }
}
