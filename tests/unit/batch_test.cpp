// SPDX-License-Identifier: Apache-2.0
// What a transaction takes of the journal: how much, of whom, and in which order.
#include "ingest/report_queue.h"
#include "unit/pipeline_bench.h"

using namespace iotcard;

namespace {

struct BatchBench : Bench {
  BatchBench() : journal(open_journal()), batch(*store, *journal, client) {
    auto made = std::make_shared<ApplyRules>();
    made->topics.emplace_back("/{product}/{device}/info/post");
    rules = made;
    batch.begin(journal->end());
  }
  void take() { batch.take(journal->end(), rules, false); }

  std::unique_ptr<Journal> journal;
  std::shared_ptr<const ApplyRules> rules;
  Batch batch;
};

std::vector<int> numbers_of(const std::vector<Batch::Item>& items, const std::string& device) {
  std::vector<int> numbers;
  for (const Batch::Item& item : items) {
    if (item.from.device->number == device) numbers.push_back(std::stoi(item.record.payload));
  }
  return numbers;
}

}  // namespace

TEST_CASE("a batch takes four portions of what waits, whoever it is from") {
  BatchBench bench;
  for (int i = 0; i < 2000; ++i) append(*bench.journal, "D" + std::to_string(i), "0");
  bench.take();
  CHECK(bench.batch.items().size() == 1024);
  CHECK(bench.batch.deferred_items().empty());
  bench.batch.committed();
  bench.take();
  CHECK(bench.batch.items().size() == 2000 - 1024);
}

TEST_CASE(
    "a device that floods has its share of the first portion, and what gives way stays behind") {
  BatchBench bench;
  for (int i = 0; i < 1500; ++i) {
    append(*bench.journal, "FLOOD", std::to_string(i));
    if (i % 100 == 0) append(*bench.journal, "D" + std::to_string(i), "0");
  }
  bench.take();
  const std::vector<int> now = numbers_of(bench.batch.items(), "FLOOD");
  const std::vector<int> later = numbers_of(bench.batch.deferred_items(), "FLOOD");
  REQUIRE(!now.empty());
  CHECK(now.size() <= 128);
  CHECK(now.back() == static_cast<int>(now.size()) - 1);  // without a gap from 0 on
  REQUIRE(!later.empty());
  CHECK(later.front() == now.back() + 1);
  CHECK(later.back() == later.front() + static_cast<int>(later.size()) - 1);
  CHECK(bench.batch.deferred() == static_cast<std::int64_t>(later.size()));
  // The others' are all taken.
  CHECK(now.size() + 11 == bench.batch.items().size());
}

TEST_CASE("large reports end a batch early") {
  BatchBench bench;
  const std::string large = "0" + std::string(8000, ' ');
  for (int i = 0; i < 1000; ++i) append(*bench.journal, "D" + std::to_string(i), large);
  bench.take();
  CHECK(bench.batch.items().size() == 256);  // a portion, which is two megabytes
}

TEST_CASE("while one that fails is looked for each batch is of one report, and not for ever") {
  BatchBench bench;
  CHECK_FALSE(bench.batch.only_one());
  for (int i = 0; i < 5000; ++i) append(*bench.journal, "D", std::to_string(i));
  bench.batch.enter_single_mode();
  int batches = 0;
  for (bench.take(); bench.batch.items().size() == 1; bench.take()) {
    REQUIRE(bench.batch.only_one());
    REQUIRE(bench.batch.only_one()->record.payload == std::to_string(batches++));
    bench.batch.committed();
  }
  CHECK(batches > 1024);
  CHECK(bench.batch.items().size() > 1);
  CHECK_FALSE(bench.batch.only_one());
}
