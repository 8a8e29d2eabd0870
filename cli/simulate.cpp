// SPDX-License-Identifier: Apache-2.0
// simulate: a fleet that powers up all at once.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <thread>

#include "base/text.h"
#include "broker_client.h"
#include "domain/topic_pattern.h"
#include "operations/json_parts.h"
#include "operations/listing.h"
#include "output.h"
#include "storm.h"
#include "verbs.h"

namespace iotcard {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto broker_timeout = 10s;

struct SimulateOptions {
  std::int64_t devices = 100;
  std::int64_t reports = 0;  // 0: one from each device
  double rate = 0;           // reports a second; 0: as fast as they are acknowledged
  std::vector<std::string> faults;
  std::int64_t fault_percent = 10;
  std::uint64_t seed = 1;
  std::string product = "1";
  bool with_store_cards = false;
  std::string write_cards;
  bool dry_run = false;
};

struct StormTally {
  std::int64_t published = 0;
  std::int64_t acknowledged = 0;
  double seconds = 0;
  std::array<std::int64_t, fault_names.names.size()> faults{};
};

std::vector<Fault> faults_of(const SimulateOptions& options) {
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < fault_names.names.size(); ++i) {
    const auto named = [&](std::string_view name) { return contains(options.faults, name); };
    if (named("all") || named(fault_names.names[i])) faults.push_back(static_cast<Fault>(i));
  }
  return faults;
}

// Cards of the store; a bound one is reported by the device that holds it.
std::vector<StormMember> members_of_store(Program& program, const SimulateOptions& options) {
  std::vector<StormMember> members;
  const auto store = program.open_existing_store();
  each_row(card_rows(*store, program.context(), {}), options.devices, [&](const StoredCard& card) {
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
bool sleep_until(SteadyClock::time_point time) {
  while (!interrupted() && SteadyClock::now() < time) {
    std::this_thread::sleep_until(std::min(time, SteadyClock::now() + 100ms));
  }
  return !interrupted();
}

void publish(const Storm& storm, const SimulateOptions& options, const Config& config,
             const TopicPattern& pattern, StormTally& tally) {
  BrokerClient client{tool_options(config.broker, {})};
  client.connect(broker_timeout);
  ProgressBar progress{"publishing"};
  const auto begin = SteadyClock::now();
  for (std::int64_t i = 0; i < options.reports; ++i) {
    if (options.rate > 0) {
      const std::chrono::duration<double> due{static_cast<double>(i) / options.rate};
      if (!sleep_until(begin + std::chrono::duration_cast<SteadyClock::duration>(due))) break;
    }
    const StormReport report = storm.report(i);
    if (!client.publish(pattern.topic(report.device), report.payload, broker_timeout)) break;
    ++tally.published;
    if (report.fault) ++tally.faults[static_cast<std::size_t>(*report.fault)];
    progress.show(tally.published, options.reports);
  }
  client.drain(broker_timeout);
  tally.acknowledged = client.acknowledged();
  tally.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

void write_tally(JsonText& json, const StormTally& tally) {
  json.begin_object()
      .member("published", tally.published)
      .member("acknowledged", tally.acknowledged)
      .member("seconds", tally.seconds)
      .key("faults")
      .begin_object();
  for (std::size_t i = 0; i < tally.faults.size(); ++i) {
    if (tally.faults[i] > 0) json.member(fault_names.names[i], tally.faults[i]);
  }
  json.end_object().end_object();
}

void print_tally(const StormTally& tally) {
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

// What would be published; with JSON an array of topic and payload, or payload_base64 if that is
// not UTF-8.
void print_storm(const Storm& storm, std::int64_t reports, const TopicPattern& pattern, bool json) {
  JsonArray array;
  for (std::int64_t i = 0; i < reports && !interrupted(); ++i) {
    const StormReport report = storm.report(i);
    const std::string topic = pattern.topic(report.device);
    if (!json) {
      fmt::print("{} {}\n", escape_controls(topic), report.payload);
      continue;
    }
    array.add([&](JsonText& text) {
      text.begin_object().member("topic", topic);
      payload_member(text, "payload", report.payload);
      text.end_object();
    });
  }
  if (json) array.finish();
}

int simulate(Program& program, SimulateOptions options) {
  const Config& config = program.config();
  const TopicPattern pattern = report_sources(config.reports).all().front().topics.front();
  if (!is_topic_level(options.product)) throw UsageError{"--product is one level of a topic"};
  std::vector<StormMember> members;
  if (options.with_store_cards) members = members_of_store(program, options);
  const Storm storm{options.seed,       options.product,
                    options.devices,    std::move(members),
                    faults_of(options), static_cast<int>(options.fault_percent)};
  if (options.reports == 0) options.reports = storm.devices();
  if (!options.write_cards.empty()) write_cards(storm, options.write_cards);
  watch_for_interrupts();
  if (options.dry_run) {
    print_storm(storm, options.reports, pattern, program.json);
    return success;
  }
  StormTally tally;
  publish(storm, options, config, pattern, tally);
  print_result(
      program.json, [&](JsonText& json) { write_tally(json, tally); }, [&] { print_tally(tally); });
  return tally.acknowledged == options.reports ? success : failure;
}

Choices fault_choices() {
  Choices names{"all"};
  names.insert(names.end(), fault_names.names.begin(), fault_names.names.end());
  return names;
}

}  // namespace

Action simulate_verb(Arguments& arguments) {
  auto options = std::make_shared<SimulateOptions>();
  arguments.number("--devices", options->devices, 1, max_storm_devices, "How many devices");
  arguments.number("--reports", options->reports, 0, Arguments::max_number,
                   "How many reports; by default one for each device");
  arguments.number("--rate", options->rate, 0, Arguments::max_number,
                   "Reports a second; 0 for as fast as they are acknowledged");
  arguments.words("--faults", fault_choices(), options->faults, "Broken spellings, or all");
  arguments.number("--fault-percent", options->fault_percent, 0, 100,
                   "How many reports have a fault");
  arguments.option("--seed", options->seed, "The same seed makes the same storm");
  arguments.option("--product", options->product, "The product of the devices");
  arguments.flag("--with-store-cards", options->with_store_cards,
                 "Reports cards of the store, each from its own device");
  arguments.option("--write-cards", options->write_cards,
                   "Writes the cards of the fleet to this file, for card import");
  arguments.excludes("--write-cards", "--with-store-cards");
  arguments.flag("--dry-run", options->dry_run, "Prints topics and payloads, publishes nothing");
  arguments.footer(R"(
Exit status 0 if the broker acknowledged every report. With --json: one object; with --dry-run an array, each with topic and payload, or
payload_base64 if that is not UTF-8.
Not for a broker with real devices: it reports made-up ones.)");
  return [options](Program& program) { return simulate(program, *options); };
}

}  // namespace iotcard
