// SPDX-License-Identifier: Apache-2.0
// micro: what each step of one report costs by itself, beside RapidJSON's plain DOM parse of the
// repaired text, and how often it asks the heap. The ratios at the end are what can be compared
// between machines.
//   micro [--benchmark_…]   Google Benchmark's own options
//   micro --steps N         each step N times and nothing else, for bench/instructions.sh
//   micro --daemon-steps N  24 confirmed reports of each of N devices with all that the daemon
//                           does besides, with history, silence and a webhook off and on
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "load/usage.h"
#include "micro/allocations.h"
#include "micro/daemon_steps.h"
#include "micro/steps.h"

namespace iotcard {
namespace {

constexpr std::int64_t batch = 1024;  // reports, as many as the applier takes at most
constexpr std::int64_t batches_a_run = 10;
constexpr std::int64_t most_cards = 6 * batches_a_run * batch;

template <typename Step>
void measure(benchmark::State& state, Step step) {
  const std::int64_t before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(step());
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                     benchmark::Counter::kAvgIterations);
}

// A batch of reports an iteration, of `turn` devices from `first` on over and over; commits and
// forgets the events of each, as the daemon does once the broker has them.
void apply(benchmark::State& state, Bench& bench, std::int64_t first, std::int64_t turn) {
  std::int64_t done = 0;
  const std::int64_t before = allocations();
  for (auto _ : state) {
    bench.store->begin();
    benchmark::DoNotOptimize(apply_batch(bench, first + done % turn, batch));
    bench.store->remove_published("iotcardd", INT64_MAX);
    bench.store->commit();
    done += batch;
  }
  state.SetItemsProcessed(done);
  state.counters["allocations"] =
      static_cast<double>(allocations() - before) / static_cast<double>(done);
}

class Ratios : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      times_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
    }
    ConsoleReporter::ReportRuns(runs);
  }
  void print(const Bench& bench) const {
    fmt::print("\nratios of medians of the CPU time\n");
    print_ratio("read_documented", "dom", 1.5);
    print_ratio("read_valid", "dom", 1.0);
    const std::int64_t before = allocations();
    step_read_documented(bench);
    const std::int64_t taken = allocations() - before;
    // step_read_documented() takes a copy of the summary to have something to return.
    fmt::print("  allocations of read_documented: {}, of them kept in the report: {}\n", taken - 1,
               kept_allocations(bench));
  }

 private:
  void print_ratio(const std::string& of, const std::string& to, double limit) const {
    const auto a = times_.find(of);
    const auto b = times_.find(to);
    if (a == times_.end() || b == times_.end()) return;
    const double ratio = median(a->second) / median(b->second);
    fmt::print("  {:<16} / {:<5} {:.2f}   at most {:.1f}: {}\n", of, to, ratio, limit,
               ratio <= limit ? "yes" : "NO");
  }

  std::map<std::string, std::vector<double>> times_;
};

// All that the daemon does for confirmed reports, in full batches of so many devices altogether.
int run_daemon_steps(std::int64_t devices) {
  std::uint64_t sum = 0;
  const auto run = [&](auto step, DaemonExtras extras) {
    DaemonBench bench{devices, extras};
    for (std::int64_t i = 0; i < DaemonBench::rounds * devices; i += batch) {
      sum += step(bench, i % devices, std::min(batch, devices - i % devices));
    }
  };
  run(step_report_plain, {});
  run(step_report_history, {.history = true});
  run(step_report_all, {.history = true, .silence = true, .webhook = true});
  return sum > 0 ? 0 : 1;
}

int run_steps(std::int64_t count) {
  Bench bench{count + 1};
  std::size_t sum = 0;
  // Each kind twice: what is prepared once is not counted.
  for (int i = 0; i < 2; ++i) apply_batch(bench, count, 1);
  bench.store->begin();
  for (std::int64_t i = 0; i < count; ++i) {
    sum += step_read_documented(bench) + step_read_valid(bench) + step_dom(bench);
    sum +=
        static_cast<std::size_t>(step_iccid(bench)) + static_cast<std::size_t>(step_topic(bench));
    sum += step_decide(bench) + step_event_text(bench);
  }
  for (const auto apply : {step_apply_created, step_apply_confirmed}) {
    for (std::int64_t i = 0; i < count; i += batch) {
      sum += apply(bench, i, std::min(batch, count - i));
    }
  }
  bench.store->commit();
  return sum > 0 ? 0 : 1;
}

int run_benchmarks(int argc, char** argv) {
  using benchmark::RegisterBenchmark;
  using benchmark::State;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Bench bench{most_cards};
  const auto step = [&](const char* name, auto function) {
    RegisterBenchmark(name, [&bench, function](State& state) {
      measure(state, [&] { return function(bench); });
    })->Repetitions(5);
  };
  step("dom", step_dom);
  step("read_documented", step_read_documented);
  step("read_valid", step_read_valid);
  step("iccid", step_iccid);
  step("topic", step_topic);
  step("decide", step_decide);
  step("event_text", step_event_text);
  std::int64_t next = 0;
  RegisterBenchmark("apply_created",
                    [&](State& state) {
                      apply(state, bench, next, batches_a_run * batch);
                      next += batches_a_run * batch;
                    })
      ->Iterations(batches_a_run)
      ->Repetitions(5);
  RegisterBenchmark("apply_confirmed",
                    [&](State& state) { apply(state, bench, 0, batches_a_run * batch); })
      ->Iterations(batches_a_run)
      ->Repetitions(5);
  Ratios ratios;
  benchmark::RunSpecifiedBenchmarks(&ratios);
  ratios.print(bench);
  return 0;
}

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  if (argc == 3 &&
      (std::string_view{argv[1]} == "--steps" || std::string_view{argv[1]} == "--daemon-steps")) {
    const std::string_view text = argv[2];
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    count = std::max<std::int64_t>(count, 1);
    return std::string_view{argv[1]} == "--steps" ? iotcard::run_steps(count)
                                                  : iotcard::run_daemon_steps(count);
  }
  return iotcard::run_benchmarks(argc, argv);
}
