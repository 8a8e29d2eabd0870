// SPDX-License-Identifier: Apache-2.0
// scale: what ten times as many cards cost: the import, the start, a report, the memory. For each
// size it imports the cards into a new store, starts a real broker and a real daemon on it, and
// sends the same storm. Everything it starts is its own and on 127.0.0.1.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "load/event_watch.h"
#include "load/generator.h"
#include "load/usage.h"
#include "scale/imports.h"
#include "support/daemon.h"
#include "support/mosquitto.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds event_patience{60};

struct Options {
  std::vector<std::int64_t> cards = {10'000, 100'000, 1'000'000};
  std::int64_t reports = 100'000;
  int rounds = 3;
};

struct Cost {
  double per_second = 0;
  double cpu = 0;  // µs a report
};

struct Figures {
  std::int64_t cards = 0;
  ImportTimes import;
  double store_mib = 0;
  double start = 0;  // seconds
  Cost created;
  Cost confirmed;
  double peak_mib = 0;
};

Cost storm(const Fleet& fleet, std::int64_t reports, pid_t daemon, Generator& generator,
           EventWatch& watch) {
  const Storm storm{fleet, 0, reports};
  const std::int64_t events = watch.count() + reports;
  const CpuTime before = cpu_time(daemon);
  const auto begin = SteadyClock::now();
  generator.send(storm);
  const auto end = watch.wait_for(events, event_patience);
  const CpuTime after = cpu_time(daemon);
  const auto count = static_cast<double>(reports);
  return {count / std::chrono::duration<double>(end - begin).count(),
          (after.user + after.system - before.user - before.system) / count * 1e6};
}

Figures measure(std::int64_t cards, const Options& options) {
  const TempDir dir;
  Figures figures;
  figures.cards = cards;
  const std::string store = dir.file("cards.db");
  figures.import = compare_imports(dir.path(), store, cards);
  figures.store_mib = static_cast<double>(std::filesystem::file_size(store)) / (1 << 20);

  const Mosquitto broker{
      dir, {.lines = {"max_inflight_messages 200", "set_tcp_nodelay true", "log_type none"}}};
  const auto begin = SteadyClock::now();
  Daemon daemon{dir, broker.url(), {.api = true}};
  daemon.wait_online();
  figures.start = std::chrono::duration<double>(SteadyClock::now() - begin).count();

  const pid_t pid = daemon.process().pid();
  const std::int64_t reports = std::min(cards, options.reports);
  const Fleet fleet{cards};
  EventWatch watch{broker.port(), "iotcard/event/#"};
  Generator generator{broker.port()};
  figures.created = storm(fleet, reports, pid, generator, watch);
  std::vector<double> speeds;
  std::vector<double> costs;
  for (int round = 0; round < options.rounds; ++round) {
    const Cost cost = storm(fleet, reports, pid, generator, watch);
    speeds.push_back(cost.per_second);
    costs.push_back(cost.cpu);
  }
  figures.confirmed = {median(speeds), median(costs)};
  figures.peak_mib = static_cast<double>(memory_kib(pid, "VmHWM")) / 1024;
  return figures;
}

void go(const Options& options) {
  fmt::print("{:>9}{:>10}{:>10}{:>8}{:>8}{:>9}{:>8}{:>10}{:>8}{:>10}{:>8}{:>7}{:>9}\n", "cards",
             "import/s", "shell/s", "ratio", "+texts", "MiB", "start s", "created/s", "us",
             "confirm/s", "us", "x", "peak MiB");
  double first = 0;
  for (const std::int64_t cards : options.cards) {
    const Figures f = measure(cards, options);
    const auto count = static_cast<double>(cards);
    if (first == 0) first = f.confirmed.cpu;
    fmt::print(
        "{:>9}{:>10.0f}{:>10.0f}{:>8.2f}{:>8.2f}{:>9.1f}{:>8.3f}{:>10.0f}{:>8.1f}{:>10.0f}{:>8.1f}"
        "{:>7.2f}{:>9.1f}\n",
        f.cards, count / f.import.ours, count / f.import.shell, f.import.shell / f.import.ours,
        (f.import.shell + f.import.search) / f.import.ours, f.store_mib, f.start,
        f.created.per_second, f.created.cpu, f.confirmed.per_second, f.confirmed.cpu,
        f.confirmed.cpu / first, f.peak_mib);
    std::fflush(stdout);
  }
  fmt::print(
      "ratio: speed of our import to that of sqlite3 .import into the same table and indexes, and\n"
      "+texts: with the rebuilding of its index of texts, which ours fills too (at least 0.5).\n"
      "x: CPU time of a report to that of the first size (at most 1.3). start at most 1 s,\n"
      "peak at most 64 MiB.\n");
}

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"Measures import, start, reports and memory with more and more cards."};
  iotcard::Options options;
  app.add_option("--cards", options.cards, "Sizes, with commas between them; at most 10000000")
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::Range(1000, 10'000'000));
  app.add_option("--reports", options.reports, "In a storm, or as many as there are cards")
      ->capture_default_str()
      ->check(CLI::Range(1000, 10'000'000));
  app.add_option("--rounds", options.rounds, "Storms of devices that are bound already")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  try {
    iotcard::go(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale: {}\n", error.what());
    return 1;
  }
}
