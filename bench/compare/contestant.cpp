// SPDX-License-Identifier: Apache-2.0
#include "compare/contestant.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "load/event_watch.h"
#include "load/generator.h"
#include "load/usage.h"
#include "support/daemon.h"
#include "support/mosquitto.h"
#include "support/mqtt_probe.h"

namespace iotcard {
namespace {

using Kind = Contestant::Kind;

constexpr std::chrono::seconds event_patience{60};
constexpr double micro = 1e6;

// The program under test, connected and subscribed, with nothing to do.
class Runner {
 public:
  Runner(const Contestant& contestant, const StormKind& kind, const CompareOptions& options,
         Stores& stores, const TempDir& dir, const Mosquitto& broker) {
    const bool mute = kind.event_every > 1;
    if (contestant.kind == Kind::iotcardd) {
      stores.copy_ours(kind, dir.file("cards.db"));
      Daemon::Options daemon{.api = true};
      if (mute) daemon.toml["events"] = R"(mute = ["report.no_card", "binding.confirmed"])";
      if (!contestant.libraries.empty()) daemon.env["LD_LIBRARY_PATH"] = contestant.libraries;
      daemon_ = std::make_unique<Daemon>(dir, broker.url(), daemon);
      daemon_->wait_online();
      if (!contestant.libraries.empty() && !has_mapped(pid(), contestant.libraries)) {
        throw std::runtime_error("no MQTT library is taken from " + contestant.libraries);
      }
      return;
    }
    const std::string port = std::to_string(broker.port());
    const std::string store = dir.file("peer.db");
    std::vector<std::string> command;
    switch (contestant.kind) {
      case Kind::iotcardd:
        break;
      case Kind::receiver:
        command = {PAHO_PEER, port, "receive", std::to_string(options.reports)};
        break;
      case Kind::echo:
        command = {PAHO_PEER, port, "echo", std::to_string(options.reports)};
        break;
      case Kind::node:
        stores.copy_peers(kind, store);
        command = {"node", IOTCARD_PEERS "/node/peer.js", port, store, mute ? "1" : "0"};
        break;
      case Kind::python:
        stores.copy_peers(kind, store);
        command = {"/usr/bin/python3", IOTCARD_PEERS "/python/peer.py", port, store,
                   mute ? "1" : "0"};
        break;
    }
    std::map<std::string, std::string> env;
    if (!options.node_modules.empty()) env["NODE_PATH"] = options.node_modules;
    peer_ = std::make_unique<Process>(
        Process::Options{.command = command, .output = dir.file("peer"), .env = env, .input = {}});
    MqttProbe probe{broker.url()};
    probe.subscribe("peer/status");
    const auto ready = [&] { return !peer_->running() || !probe.messages().empty(); };
    if (!eventually(ready) || !peer_->running()) {
      throw std::runtime_error(fmt::format("{} does not start: {}\n{}", contestant.name,
                                           fmt::join(command, " "), peer_->tail()));
    }
  }

  pid_t pid() const { return daemon_ ? daemon_->process().pid() : peer_->pid(); }
  std::string tail() const { return daemon_ ? daemon_->tail() : peer_->tail(); }

 private:
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Process> peer_;
};

std::int64_t expected_events(const Contestant& contestant, const StormKind& kind,
                             std::int64_t reports) {
  if (contestant.kind == Kind::receiver) return 1;
  if (contestant.kind == Kind::echo) return reports;
  return reports / kind.event_every;
}

void measure_steadily(const CompareOptions& options, const Fleet& fleet, Generator& generator,
                      EventWatch& watch, Result& result) {
  const std::int64_t count = options.steady_seconds * options.steady_rate;
  const Storm stream{fleet, options.reports, count};
  const std::int64_t before = watch.count();
  watch.time_devices(options.reports, count);
  const auto sent = generator.send_steadily(stream, options.steady_rate);
  watch.wait_for(before + count, event_patience);
  const auto seen = watch.times();
  std::vector<double> elapsed;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    elapsed.push_back(std::chrono::duration<double, std::milli>(seen[i] - sent[i]).count());
  }
  result.p50 = percentile(elapsed, 0.5);
  result.p99 = percentile(elapsed, 0.99);
}

}  // namespace

std::vector<Contestant> contestants(const CompareOptions& options) {
  std::vector<Contestant> all = {
      {Kind::iotcardd, "iotcardd", "as shipped", ""},
      {Kind::receiver, "receiver", "Paho C++ receives and does nothing", ""},
      {Kind::echo, "echo", "Paho C++ publishes one message for each", ""},
      {Kind::node, "node", "Node.js, mqtt.js and better-sqlite3", ""},
      {Kind::python, "python", "Python, paho-mqtt and sqlite3", ""},
  };
  if (!options.fast_paho.empty()) {
    all.insert(all.begin() + 1, {Kind::iotcardd, "iotcardd-fast", "with the Paho C of --fast-paho",
                                 std::filesystem::canonical(options.fast_paho)});
  }
  if (options.only.empty()) return all;
  std::vector<Contestant> chosen;
  for (const std::string& name : options.only) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Contestant& contestant) {
      return contestant.name == name;
    });
    if (found == all.end()) {
      throw std::runtime_error(
          fmt::format("there is no program {}; iotcardd-fast needs --fast-paho", name));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

Result run(const Contestant& contestant, const StormKind& kind, const CompareOptions& options,
           Stores& stores, bool steadily) {
  const TempDir dir;
  const Mosquitto broker{dir,
                         {.lines = {fmt::format("max_inflight_messages {}", options.inflight),
                                    "set_tcp_nodelay true", "log_type none"}}};
  const Runner runner{contestant, kind, options, stores, dir, broker};
  try {
    const Fleet fleet{options.cards};
    const Storm storm{fleet, 0, options.reports};
    EventWatch watch{broker.port(),
                     contestant.kind == Kind::iotcardd ? "iotcard/event/#" : "peer/event/#"};
    Generator generator{broker.port()};

    const CpuTime before = cpu_time(runner.pid());
    const auto begin = SteadyClock::now();
    generator.send(storm);
    const auto end =
        watch.wait_for(expected_events(contestant, kind, options.reports), event_patience);
    const CpuTime after = cpu_time(runner.pid());

    const auto reports = static_cast<double>(options.reports);
    Result result;
    result.per_second = reports / std::chrono::duration<double>(end - begin).count();
    result.user = (after.user - before.user) / reports * micro;
    result.system = (after.system - before.system) / reports * micro;
    result.peak_mib = static_cast<double>(memory_kib(runner.pid(), "VmHWM")) / 1024;
    if (steadily && contestant.kind != Kind::receiver) {
      measure_steadily(options, fleet, generator, watch, result);
    }
    return result;
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: {}\n{}", contestant.name, error.what(), runner.tail()));
  }
}

}  // namespace iotcard
