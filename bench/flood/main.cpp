// SPDX-License-Identifier: Apache-2.0
// flood: measures what bad reports do to the daemon's memory, to its disk and to honest devices.
// Publishes garbage, large payloads, made-up devices and the flood of one device, one after the
// other, at full speed, to a real broker and a real daemon with small limits, while an honest fleet
// reports. Then as many cards expire at once, and 10,000 devices of a region fall silent at once.
// "rejected" and "devices" are the largest numbers of rows that were seen meanwhile: they show
// whether [retention] holds, within one batch. Starts its own broker and daemon on 127.0.0.1 and
// ends by itself.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <utility>

#include "flood/honest_fleet.h"
#include "store/store.h"
#include "store/stored_decision.h"
#include "support/daemon.h"
#include "support/mosquitto.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes drain_patience{10};
constexpr std::chrono::seconds quiet_time{5};
constexpr std::int64_t region = 10'000;  // devices
constexpr std::chrono::seconds silent_after{5};

struct Options {
  std::int64_t reports = 100'000;
  std::int64_t rejected = 20'000;
  std::int64_t devices = 20'000;
  std::uint64_t seed = 1;
};

std::int64_t status_kib(pid_t pid, const std::string& key) {
  std::ifstream file{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return std::stoll(line.substr(key.size() + 1));
  }
  return 0;
}

class Flood {
 public:
  explicit Flood(const Options& options)
      : options_(options),
        random_(options.seed),
        broker_(dir_, {.lines = {"max_queued_messages 0", "max_inflight_messages 0",
                                 "message_size_limit 0", "set_tcp_nodelay true"}}),
        daemon_(dir_, broker_.url(), {.toml = retention(options)}) {
    add_cards();
    daemon_.wait_online();
  }

  void go() {
    HonestFleet fleet{broker_.url()};
    fleet.start();
    fmt::print("{:<12}{:>10}{:>9}{:>9}{:>9}{:>11}{:>10}{:>10}{:>9}{:>9}{:>9}{:>9}\n", "flood",
               "reports", "per s", "RSS MiB", "peak", "rejected", "devices", "store MiB", "honest",
               "p50 ms", "p99 ms", "max ms");
    eventually(quiet_time, [] { return false; });
    line("none", 0, quiet_time.count(), fleet.take());
    for (const auto& [name, make, share] :
         {Kind{"garbage", &Flood::garbage, 1.0}, Kind{"huge", &Flood::huge, 0.02},
          Kind{"names", &Flood::new_name, 1.0}, Kind{"one device", &Flood::one_device, 1.0},
          Kind{"garbage", &Flood::garbage, 1.0}}) {
      run(name, make, static_cast<std::int64_t>(share * static_cast<double>(options_.reports)),
          fleet);
    }
    midnight(fleet);
    power_cut(fleet);
    eventually(quiet_time, [] { return false; });
    line("none", 0, quiet_time.count(), fleet.take());
  }

 private:
  using Make = ProbeMessage (Flood::*)(std::int64_t);
  struct Kind {
    const char* name;
    Make make;
    double share;
  };

  static std::map<std::string, std::string> retention(const Options& options) {
    return {{"retention",
             fmt::format("rejected_reports = {}\nrejected_bytes = \"64MiB\"\n"
                         "unbound_devices = {}\nhistory = {}",
                         options.rejected, std::max(options.devices, region), options.devices)}};
  }

  void add_cards() {
    const auto store = open_store(daemon_.store_url());
    for (int i = 0; i < HonestFleet::devices; ++i) {
      store->add_card(Card{Iccid::from_canonical(HonestFleet::iccid(i)).value()});
    }
  }

  std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  ProbeMessage garbage(std::int64_t number) {
    return {.topic = fmt::format("/1/BAD{}/info/post", number % 1000),
            .payload = random_bytes(random_() % 400)};
  }
  // Above reports.max_bytes (the broker still delivers it), and just below it.
  ProbeMessage huge(std::int64_t number) {
    const bool too_large = number % 2 == 0;
    return {.topic = fmt::format("/1/HUGE{}/info/post", number % 1000),
            .payload = "{\"a\":\"" + std::string(too_large ? 200'000 : 65'000, 'x') + "\","};
  }
  ProbeMessage new_name(std::int64_t number) {
    return {.topic = fmt::format("/1/N{}-{}/info/post", random_() % 1000, number),
            .payload = fmt::format(R"({{"iccid":8986042936B{:09}}})", number)};
  }
  ProbeMessage one_device(std::int64_t number) {
    return {.topic = "/1/LOUD/info/post",
            .payload = fmt::format(R"({{"iccid":8986042936C{:09}}})", number)};
  }

  void run(const char* name, Make make, std::int64_t count, HonestFleet& fleet) {
    const auto begin = std::chrono::steady_clock::now();
    MqttProbe{broker_.url(), {.mqtt5 = false}}.publish_many(
        count, [&](std::int64_t number) { return (this->*make)(number); });
    drain();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    line(name, count, seconds, fleet.take());
  }

  // As many cards expire at once; the daemon finds them by the clock.
  void midnight(HonestFleet& fleet) {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto moment = now + std::chrono::seconds{2};
    const auto iccid = [](std::int64_t number) {
      return Iccid::from_canonical(fmt::format("8986042936E{:09}", number)).value();
    };
    const auto store = open_store(daemon_.store_url());
    {
      Transaction transaction{*store};
      for (std::int64_t i = 0; i < options_.reports; ++i) {
        Card card{iccid(i)};
        card.expires_at = moment;
        store->add_card(card, {Abnormal::expiring_soon}, moment);
      }
      transaction.commit();
    }
    fleet.take();
    const auto begin = std::chrono::steady_clock::now();
    const bool done = eventually(drain_patience, [&] {
      const auto last = store->find_card(iccid(options_.reports - 1));
      return last->announced.has(Abnormal::expired) && store->count_outbox("iotcardd") < 100;
    });
    if (!done) throw std::runtime_error{"the cards that expired were not announced"};
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    line("midnight", options_.reports, seconds, fleet.take());
  }

  // The devices of a region reported a moment ago, and all at once do not any more.
  void power_cut(HonestFleet& fleet) {
    MqttProbe{broker_.url(), {.mqtt5 = false}}.publish_many(region, [](std::int64_t number) {
      return ProbeMessage{.topic = fmt::format("/1/REGION{:05}/info/post", number),
                          .payload = "{}"};
    });
    drain();
    eventually(silent_after, [] { return false; });
    fleet.take();
    const auto begin = std::chrono::steady_clock::now();
    auto toml = retention(options_);
    toml["alerts"] = fmt::format("device_silent = \"{}s\"", silent_after.count());
    daemon_.write_config(std::move(toml));
    daemon_.process().signal(SIGHUP);
    const auto store = open_store(daemon_.store_url());
    const auto silent = [&](const char* prefix) {
      return store->count_devices({.number_prefix = prefix, .silent = true});
    };
    const bool done = eventually(drain_patience, [&] {
      return silent("REGION") == region && store->count_outbox("iotcardd") < 100;
    });
    if (!done) throw std::runtime_error{"the devices of the region are not silent"};
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    line("power cut", silent(""), seconds, fleet.take());
  }

  // Until a last report, published behind all others, is applied, and no report is deferred.
  void drain() {
    const auto store = open_store(daemon_.store_url());
    const std::string number = fmt::format("MARK{}", ++marks_);
    MqttProbe{broker_.url()}.publish(fmt::format("/1/{}/info/post", number), "{}");
    const bool drained = eventually(drain_patience, [&] {
      max_rejected_ = std::max(max_rejected_, store->count_rejected());
      max_devices_ = std::max(max_devices_, store->count_devices());
      return store->find_device({"1", number}).has_value() &&
             store->deferred_topics("iotcardd").empty() && store->count_outbox("iotcardd") < 100;
    });
    if (!drained) throw std::runtime_error{"the daemon did not apply the flood in time"};
  }

  void line(const char* name, std::int64_t reports, double seconds, const Latency& latency) {
    constexpr double mib = 1 << 20;
    const pid_t pid = daemon_.process().pid();
    const auto store = open_store(daemon_.store_url());
    const std::string path = daemon_.store_url().substr(7);
    const double store_bytes =
        static_cast<double>(fs::file_size(path) + fs::file_size(path + "-wal"));
    fmt::print(
        "{:<12}{:>10}{:>9.0f}{:>9.1f}{:>9.1f}{:>11}{:>10}{:>10.1f}{:>9}{:>9.1f}{:>9.1f}"
        "{:>9.1f}\n",
        name, reports, static_cast<double>(reports) / seconds,
        static_cast<double>(status_kib(pid, "VmRSS:")) / 1024,
        static_cast<double>(status_kib(pid, "VmHWM:")) / 1024,
        std::max(std::exchange(max_rejected_, 0), store->count_rejected()),
        std::max(std::exchange(max_devices_, 0), store->count_devices()), store_bytes / mib,
        latency.reports, latency.p50, latency.p99, latency.max);
    std::fflush(stdout);
  }

  const Options options_;
  std::mt19937_64 random_;
  TempDir dir_;
  Mosquitto broker_;
  Daemon daemon_;
  int marks_ = 0;
  std::int64_t max_rejected_ = 0;  // rows, since the last line
  std::int64_t max_devices_ = 0;
};

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"Floods a daemon with bad reports; shows memory, disk and what honest devices see."};
  iotcard::Options options;
  app.add_option("--reports", options.reports, "Reports of each kind; of huge ones 2% of it")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--rejected", options.rejected, "retention.rejected_reports")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--devices", options.devices, "retention.unbound_devices, and history")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--seed", options.seed, "The same seed, the same reports")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    iotcard::Flood{options}.go();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "flood: {}\n", error.what());
    return 1;
  }
}
