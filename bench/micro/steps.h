// SPDX-License-Identifier: Apache-2.0
// steps.h - The steps of one report, each a function that is never inlined, so that a profiler
// finds it by its name; what they work on stands ready. They return something so that nothing is
// left out. One thread; those that use the store throw StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "domain/topic_pattern.h"
#include "ingest/report_queue.h"
#include "load/fleet.h"
#include "store/store.h"

namespace iotcard {

class BenchClock : public Clock {
 public:
  Instant now() const override { return time_; }
  void set(Instant time) { time_ = time; }

 private:
  Instant time_ = *parse_time("2026-11-23T20:51:00.123Z");
};

class Bench {
 public:
  // In a store in memory, unless `store_url` names another.
  explicit Bench(std::int64_t cards, const std::string& store_url = "sqlite::memory:");

  std::string documented;  // broken: a bare ICCID
  std::string valid;       // the same with quotes around it
  std::string token;       // the ICCID as the report has it
  std::string topic;
  TopicPattern pattern;
  ApplyRules rules;
  DeviceKey device;
  DeviceReport report;       // the documented one, read
  DecisionInputs knowledge;  // the card is there, nothing is bound
  BenchClock clock;
  Instant now;
  Event event;  // binding.created
  std::string event_id;
  Fleet fleet;
  std::unique_ptr<Store> store;
};

std::size_t step_read_documented(const Bench& bench);
std::size_t step_read_valid(const Bench& bench);
std::size_t step_dom(const Bench& bench);  // RapidJSON's own, of the valid text
bool step_iccid(const Bench& bench);
bool step_topic(const Bench& bench);
std::size_t step_decide(const Bench& bench);      // with the event's data
std::size_t step_event_text(const Bench& bench);  // its topic and its envelope
// All that the applier does for one report each of so many devices, within the transaction that is
// open. The number of reports.
std::uint64_t step_apply_created(Bench& bench, std::int64_t first, std::int64_t reports);
std::uint64_t step_apply_confirmed(Bench& bench, std::int64_t first, std::int64_t reports);
std::uint64_t apply_batch(Bench& bench, std::int64_t first, std::int64_t reports);  // what both do

// Heap allocations that a copy of the report takes: what is kept of it.
std::int64_t kept_allocations(const Bench& bench);

}  // namespace iotcard
