// SPDX-License-Identifier: Apache-2.0
// compare: iotcardd beside what people would write instead, and beside what its MQTT library can
// do at all. All get the same storms from one generator, in turn, round after round. Everything it
// starts is its own and on 127.0.0.1. compare.sh installs and builds what it needs, and calls it.
#include <fmt/core.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "compare/contestant.h"
#include "compare/table.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace iotcard {
namespace {

std::vector<std::pair<std::string, std::string>> machine() {
  std::string model = "unknown";
  std::ifstream cpus{"/proc/cpuinfo"};
  for (std::string line; std::getline(cpus, line);) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  }
  utsname kernel{};
  uname(&kernel);
  return {{"processor", model},
          {"cores", std::to_string(std::thread::hardware_concurrency())},
          {"kernel", kernel.release},
          {"load", read_file("/proc/loadavg").substr(0, 14)}};
}

const std::vector<StormKind> kinds = {
    {"created", "each device's first report; every report makes an event", 1},
    {"confirmed", "95% only confirm, and binding.confirmed is muted", 20},
};

bool compare(const CompareOptions& options) {
  const TempDir dir;
  const std::string folder = options.stores.empty() ? dir.path() : options.stores;
  std::filesystem::create_directories(folder);
  Stores stores{folder, Fleet{options.cards}, options.reports};
  const std::vector<Contestant> all = contestants(options);
  for (const auto& [name, value] : machine()) fmt::print("{:<10} {}\n", name, value);
  fmt::print("{:<10} {} reports, {} cards, {} rounds\n", "storms", options.reports, options.cards,
             options.rounds);
  for (const Contestant& contestant : all) {
    fmt::print("{:<15} {}\n", contestant.name, contestant.about);
  }
  std::vector<StormResults> results;
  for (const StormKind& kind : kinds) results.push_back({kind, {}});
  for (int round = 1; round <= options.rounds; ++round) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      for (const Contestant& contestant : all) {
        const Result result = run(contestant, kinds[i], options, stores, i == 0);
        fmt::print(stderr, "round {} {:<10} {:<15}{:>9.0f}/s{:>8.1f} us\n", round, kinds[i].name,
                   contestant.name, result.per_second, result.cpu());
        results[i].by_name[contestant.name].push_back(result);
      }
    }
  }
  for (const StormResults& storm : results) print_table(storm, all);
  const bool good = print_goals(results);
  if (!options.json.empty()) write_file(options.json, as_json(results, options, machine()));
  return good;
}

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"Compares iotcardd with what people would write instead."};
  iotcard::CompareOptions options;
  bool quick = false;
  bool check = false;
  app.add_flag("--quick", quick, "In under a minute: one round, a fifth of the reports and cards");
  app.add_option("--rounds", options.rounds, "Each once through all programs")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--reports", options.reports, "In a storm, each of a device of its own")
      ->capture_default_str()
      ->check(CLI::Range(1000, 5'000'000));
  app.add_option("--cards", options.cards, "In the store")
      ->capture_default_str()
      ->check(CLI::Range(1000, 10'000'000));
  app.add_option("--steady", options.steady_seconds, "Seconds of the stream for p50 and p99")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--rate", options.steady_rate, "Reports a second in it")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--inflight", options.inflight, "max_inflight_messages of the broker; 0: no limit")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  app.add_option("--only", options.only, "Names of programs, with commas between them")
      ->delimiter(',');
  app.add_option("--fast-paho", options.fast_paho,
                 "Folder with a libpaho-mqtt3as.so.1 built for high performance, for one more "
                 "iotcardd")
      ->check(CLI::ExistingDirectory);
  app.add_option("--stores", options.stores,
                 "Folder in which the filled stores stay for next time");
  app.add_option("--node-modules", options.node_modules, "Where mqtt and better-sqlite3 are");
  app.add_option("--json", options.json, "File for all results");
  app.add_flag("--check", check, "Exit status 1 if a goal is missed");
  app.footer("Exit status: 0 done, 1 failed, 2 wrong usage.");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    options.rounds = 1;
    options.reports = 20'000;
    options.cards = 200'000;
    options.steady_seconds = 2;
  }
  // A storm ends with a device that makes an event, and no card is reported twice.
  options.reports -= options.reports % 20;
  const std::int64_t devices = options.reports + options.steady_seconds * options.steady_rate;
  if (options.cards < devices) {
    fmt::print(stderr, "compare: --cards must be at least {}, a card for each device\n", devices);
    return 2;
  }
  try {
    const bool good = iotcard::compare(options);
    return check && !good ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare: {}\n", error.what());
    return 1;
  }
}
