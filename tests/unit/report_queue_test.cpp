// SPDX-License-Identifier: Apache-2.0
// What a transaction takes of the journal: how many reports, of which devices, in which order.
#include "ingest/report_queue.h"

#include "unit/pipeline_bench.h"

using namespace iotcard;

namespace {

struct QueueBench : Bench {
  QueueBench() : journal(open_journal()), queue(*store, *journal, client) {
    queue.begin(journal->end());
  }
  Batch take() { return queue.take(journal->end(), rules, false); }

  std::unique_ptr<Journal> journal;
  std::shared_ptr<const ApplyRules> rules = std::make_shared<ApplyRules>();
  ReportQueue queue;
};

std::vector<int> numbers_of(const std::vector<BatchItem>& items, const std::string& device) {
  std::vector<int> numbers;
  for (const BatchItem& item : items) {
    if (item.sender.device->number == device) numbers.push_back(std::stoi(item.report.payload));
  }
  return numbers;
}

}  // namespace

TEST_CASE("a batch takes four chunks of the waiting reports, whichever devices sent them") {
  QueueBench bench;
  for (int i = 0; i < 2000; ++i) append(*bench.journal, "D" + std::to_string(i), "0");
  const Batch first = bench.take();
  CHECK(first.to_apply.size() == 1024);
  CHECK(first.to_apply.size() <= ReportQueue::max_batch_reports);
  CHECK(first.to_defer.empty());
  bench.queue.committed(first);
  CHECK(bench.take().to_apply.size() == 2000 - 1024);
}

TEST_CASE(
    "a flooding device has its share of the first chunk, and its other reports are deferred") {
  QueueBench bench;
  for (int i = 0; i < 1500; ++i) {
    append(*bench.journal, "FLOOD", std::to_string(i));
    if (i % 100 == 0) append(*bench.journal, "D" + std::to_string(i), "0");
  }
  const Batch batch = bench.take();
  const std::vector<int> now = numbers_of(batch.to_apply, "FLOOD");
  const std::vector<int> later = numbers_of(batch.to_defer, "FLOOD");
  REQUIRE(!now.empty());
  CHECK(now.size() <= 128);
  CHECK(now.back() == static_cast<int>(now.size()) - 1);  // without a gap from 0 on
  REQUIRE(!later.empty());
  CHECK(later.front() == now.back() + 1);
  CHECK(later.back() == later.front() + static_cast<int>(later.size()) - 1);
  CHECK(bench.queue.deferred() == static_cast<std::int64_t>(later.size()));
  CHECK(now.size() + 11 == batch.to_apply.size());  // all reports of the others
}

TEST_CASE("large reports end a batch early") {
  QueueBench bench;
  const std::string large = "0" + std::string(8000, ' ');
  for (int i = 0; i < 1000; ++i) append(*bench.journal, "D" + std::to_string(i), large);
  CHECK(bench.take().to_apply.size() == 256);  // a chunk, which is two megabytes
}

TEST_CASE("in single mode each batch is one report, and the mode ends by itself") {
  QueueBench bench;
  CHECK_FALSE(bench.queue.single_mode());
  for (int i = 0; i < 5000; ++i) append(*bench.journal, "D", std::to_string(i));
  bench.queue.enter_single_mode();
  int batches = 0;
  Batch batch = bench.take();
  for (; batch.to_apply.size() == 1; batch = bench.take()) {
    REQUIRE(bench.queue.single_mode());
    REQUIRE(batch.to_apply.front().report.payload == std::to_string(batches++));
    bench.queue.committed(batch);
  }
  CHECK(batches > 1024);
  CHECK(batch.to_apply.size() > 1);
  CHECK_FALSE(bench.queue.single_mode());
}
