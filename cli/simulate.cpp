// SPDX-License-Identifier: Apache-2.0
// simulate: a fleet that powers up all at once.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include "base/json_text.h"
#include "broker_client.h"
#include "domain/topic_pattern.h"
#include "interrupt.h"
#include "operations/listing.h"
#include "output.h"
#include "program.h"
#include "storm.h"
#include "verbs.h"

namespace iotcard {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto broker_patience = 10s;  // for the broker

struct SimulateOptions {
  std::int64_t devices = 100;
  std::int64_t reports = 0;  // 0: one from each device
  double rate = 0;           // reports a second; 0: as fast as they are acknowledged
  std::vector<std::string> faults;
  int fault_percent = 10;
  std::uint64_t seed = 1;
  std::string product = "1";
  bool with_store_cards = false;
  std::string write_cards;
  bool dry_run = false;
};

struct Tally {
  std::int64_t published = 0;
  std::int64_t acknowledged = 0;
  double seconds = 0;
  std::array<std::int64_t, fault_names.names.size()> faults{};
};

std::vector<Fault> faults_of(const SimulateOptions& options) {
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < fault_names.names.size(); ++i) {
    const auto named = [&](std::string_view name) {
      return std::find(options.faults.begin(), options.faults.end(), name) != options.faults.end();
    };
    if (named("all") || named(fault_names.names[i])) faults.push_back(static_cast<Fault>(i));
  }
  return faults;
}

// Cards of the store; a bound one is reported by the device that holds it.
std::vector<StormMember> members_of_store(Program& program, const SimulateOptions& options) {
  std::vector<StormMember> members;
  const auto store = program.open_existing_store();
  each_card(*store, program.context(), {}, options.devices, [&](const StoredCard& card) {
    const DeviceKey made_up{options.product, fmt::format("D{:08}", members.size() + 1)};
    members.push_back({card.binding ? card.binding->device : made_up, card.card.iccid});
  });
  if (members.empty()) throw std::runtime_error{"the store has no card to report"};
  return members;
}

void write_cards(const Storm& storm, const std::string& path) {
  std::ofstream file{path, std::ios::trunc};
  file << "iccid,platform,status\n";
  for (std::int64_t i = 0; i < storm.devices() && file; ++i) {
    file << storm.member(i).iccid.text() << ',' << storm_platform << ",active\n";
  }
  file.close();
  if (!file) {
    throw std::runtime_error{"cannot write " + path + ": " +
                             std::generic_category().message(errno)};
  }
}

// False: interrupted.
bool sleep_until(Clock::time_point time) {
  while (!interrupted() && Clock::now() < time) {
    std::this_thread::sleep_until(std::min(time, Clock::now() + 100ms));
  }
  return !interrupted();
}

void publish(const Storm& storm, const SimulateOptions& options, const Config& config,
             const TopicPattern& pattern, Tally& tally) {
  BrokerClient client{config.broker, {}, {}};
  client.connect(broker_patience);
  ProgressBar progress{"publishing"};
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < options.reports; ++i) {
    if (options.rate > 0) {
      const std::chrono::duration<double> due{static_cast<double>(i) / options.rate};
      if (!sleep_until(begin + std::chrono::duration_cast<Clock::duration>(due))) break;
    }
    const StormReport report = storm.report(i);
    if (!client.publish(pattern.topic(report.device), report.payload, broker_patience)) break;
    ++tally.published;
    if (report.fault) ++tally.faults[static_cast<std::size_t>(*report.fault)];
    progress.show(static_cast<std::uint64_t>(tally.published),
                  static_cast<std::uint64_t>(options.reports), tally.published);
  }
  client.drain(broker_patience);
  tally.acknowledged = client.acknowledged();
  tally.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
}

void print_json(const Tally& tally) {
  JsonText json;
  json.begin_object()
      .member("published", tally.published)
      .member("acknowledged", tally.acknowledged)
      .key("seconds")
      .number(tally.seconds)
      .key("faults")
      .begin_object();
  for (std::size_t i = 0; i < tally.faults.size(); ++i) {
    if (tally.faults[i] > 0) json.member(fault_names.names[i], tally.faults[i]);
  }
  json.end_object().end_object();
  fmt::print("{}\n", json.view());
}

void print(const Tally& tally) {
  Facts facts;
  facts.add("published", std::to_string(tally.published));
  facts.add("acknowledged", std::to_string(tally.acknowledged));
  facts.add("seconds",
            fmt::format("{:.2f} ({:.0f} reports a second)", tally.seconds,
                        static_cast<double>(tally.acknowledged) / std::max(tally.seconds, 1e-6)));
  for (std::size_t i = 0; i < tally.faults.size(); ++i) {
    if (tally.faults[i] > 0) {
      facts.add(fault_names.names[i], std::to_string(tally.faults[i]));
    }
  }
  facts.print();
}

int simulate(Program& program, SimulateOptions options) {
  const Config& config = program.config();
  const TopicPattern pattern{config.reports.topics.front()};
  if (!is_topic_level(options.product)) throw UsageError{"--product is one level of a topic"};
  std::vector<StormMember> members;
  if (options.with_store_cards) members = members_of_store(program, options);
  const Storm storm{options.seed,       options.product,    options.devices,
                    std::move(members), faults_of(options), options.fault_percent};
  if (options.reports == 0) options.reports = storm.devices();
  if (!options.write_cards.empty()) write_cards(storm, options.write_cards);
  watch_for_interrupts();
  if (options.dry_run) {
    for (std::int64_t i = 0; i < options.reports && !interrupted(); ++i) {
      const StormReport report = storm.report(i);
      fmt::print("{} {}\n", escape_controls(pattern.topic(report.device)), report.payload);
    }
    return success;
  }
  Tally tally;
  publish(storm, options, config, pattern, tally);
  program.json ? print_json(tally) : print(tally);
  return tally.acknowledged == options.reports ? success : failure;
}

std::vector<std::string> fault_choices() {
  std::vector<std::string> names{"all"};
  names.insert(names.end(), fault_names.names.begin(), fault_names.names.end());
  return names;
}

void add_options(CLI::App& verb, const std::shared_ptr<SimulateOptions>& options) {
  verb.add_option("--devices", options->devices, "How many devices")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, max_storm_devices));
  verb.add_option("--reports", options->reports, "How many reports; by default one a device")
      ->check(CLI::Range(0, 2147483647));
  verb.add_option("--rate", options->rate,
                  "Reports a second; 0 for as fast as they are acknowledged")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb.add_option("--faults", options->faults, "Broken spellings, comma-separated, or all")
      ->delimiter(',')
      ->check(CLI::IsMember(fault_choices()));
  verb.add_option("--fault-percent", options->fault_percent, "How many reports have a fault")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  verb.add_option("--seed", options->seed, "The same seed, the same storm")->capture_default_str();
  verb.add_option("--product", options->product, "The product of the devices")
      ->capture_default_str();
  auto* store_cards = verb.add_flag("--with-store-cards", options->with_store_cards,
                                    "Reports cards of the store, each from its own device");
  verb.add_option("--write-cards", options->write_cards,
                  "Writes the cards of the fleet to this file, for card import")
      ->excludes(store_cards);
  verb.add_flag("--dry-run", options->dry_run, "Prints topics and payloads, publishes nothing");
}

}  // namespace

void add_simulate(CLI::App& app, Program& program) {
  CLI::App* verb =
      app.add_subcommand("simulate", "Publishes a power-up storm: every device reports at once");
  auto options = std::make_shared<SimulateOptions>();
  add_options(*verb, options);
  verb->footer(
      "Exit status 0 if the broker acknowledged every report. With --json: one object.\n"
      "Not for a broker with real devices: it reports made-up ones.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return simulate(program, *options); };
  });
}

}  // namespace iotcard
