// SPDX-License-Identifier: Apache-2.0
// soak: a fleet that reports at a steady rate for a long time. Shows at intervals how many reports
// wait for their event, and what the daemon takes of memory and disk. Everything it starts is its
// own and on 127.0.0.1.
#include <fmt/os.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <thread>

#include "load/cards.h"
#include "load/event_watch.h"
#include "load/generator.h"
#include "load/usage.h"
#include "support/daemon.h"
#include "support/mosquitto.h"
#include "support/process.h"

namespace iotcard {
namespace {

constexpr double mib = 1 << 20;
constexpr std::chrono::seconds event_patience{60};
constexpr double max_import_factor = 5;  // of the p99
constexpr double most_growth = 1.1;      // of the memory, from the second quarter to the last

struct Options {
  std::int64_t devices = 1'000'000;
  std::int64_t rate = 3'333;  // reports a second
  std::int64_t seconds = 600;
  std::int64_t every = 10;  // seconds between two lines
  std::int64_t import = 0;  // cards to import meanwhile
};

struct Sample {
  std::int64_t backlog;
  double memory;  // MiB
};

double folder_mib(const std::string& path) {
  double bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator{path}) {
    std::error_code gone;  // a segment may go any moment
    const auto size = file.file_size(gone);
    if (!gone) bytes += static_cast<double>(size);
  }
  return bytes / mib;
}

class Soak {
 public:
  explicit Soak(const Options& options)
      : options_(options),
        fleet_(options.devices),
        broker_(dir_,
                {.lines = {"max_inflight_messages 200", "set_tcp_nodelay true", "log_type none"}}),
        daemon_(dir_, broker_.url(), {.api = true, .start = false}) {
    fill_store(daemon_.store_url().substr(sizeof "sqlite:" - 1), options.devices);
    daemon_.start();
    daemon_.wait_online();
  }

  bool go() {
    EventWatch watch{broker_.port(), "iotcard/event/#"};
    if (options_.import > 0) watch.time_devices(0, options_.rate * options_.seconds);
    begin_ = SteadyClock::now();
    std::thread sender{[this] { send(); }};
    std::thread importer{[this] { import(); }};
    fmt::print("{:>8}{:>12}{:>12}{:>10}{:>10}{:>10}{:>11}{:>12}{:>8}\n", "s", "reports", "events",
               "backlog", "RSS MiB", "peak MiB", "store MiB", "intake MiB", "CPU %");
    std::vector<Sample> samples;
    CpuTime before = cpu_time(pid());
    for (std::int64_t i = 1; i <= options_.seconds / options_.every; ++i) {
      std::this_thread::sleep_until(begin_ + i * std::chrono::seconds{options_.every});
      const CpuTime now = cpu_time(pid());
      samples.push_back(line(watch, now.user + now.system - before.user - before.system));
      before = now;
    }
    sender.join();
    importer.join();
    if (failure_) std::rethrow_exception(failure_);
    watch.wait_for(sent_, event_patience);
    if (options_.import > 0) return import_verdict(watch.times());
    return verdict(samples);
  }

 private:
  pid_t pid() { return daemon_.process().pid(); }

  // A tenth of a second's reports at a time, each at its moment.
  void send() {
    try {
      Generator generator{broker_.port()};
      const std::int64_t all = options_.rate * options_.seconds;
      const std::int64_t most = std::max<std::int64_t>(options_.rate / 10, 1);
      std::int64_t sent = 0;
      while (sent < all) {
        const std::int64_t first = sent % options_.devices;
        const std::int64_t count = std::min({most, options_.devices - first, all - sent});
        const Storm storm{fleet_, first, count};
        const auto due = begin_ + sent * std::chrono::nanoseconds{std::nano::den / options_.rate};
        const auto times = generator.send_steadily(storm, options_.rate, due);
        if (options_.import > 0) sent_at_.insert(sent_at_.end(), times.begin(), times.end());
        sent += count;
        sent_ = sent;
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  Sample line(const EventWatch& watch, double cpu_seconds) {
    const std::int64_t sent = sent_;
    const std::int64_t events = watch.count();
    const std::string store = daemon_.store_url().substr(sizeof "sqlite:" - 1);
    const Sample sample{std::max<std::int64_t>(0, sent - events),
                        static_cast<double>(memory_kib(pid(), "VmRSS")) / 1024};
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin_).count();
    fmt::print("{:>8.0f}{:>12}{:>12}{:>10}{:>10.1f}{:>10.1f}{:>11.1f}{:>12.1f}{:>8.0f}\n", seconds,
               sent, events, sample.backlog, sample.memory,
               static_cast<double>(memory_kib(pid(), "VmHWM")) / 1024,
               static_cast<double>(std::filesystem::file_size(store)) / mib,
               folder_mib(daemon_.intake_dir()),
               cpu_seconds / static_cast<double>(options_.every) * 100);
    std::fflush(stdout);
    return sample;
  }

  // Other cards, by an operator, from a third of the time on.
  void import() {
    if (options_.import == 0) return;
    try {
      const std::string csv = dir_.file("list.csv");
      {
        auto out = fmt::output_file(csv);
        out.print("iccid,msisdn,operator,plan,status,used_bytes,limit_bytes,expires_at\n");
        for (std::int64_t i = 0; i < options_.import; ++i) {
          out.print("{},{},operator {},30 MB,active,{},40000000,2031-01-{:02}\n",
                    Fleet::card(options_.devices + i), 86'106'400'000'000 + i, i % 5,
                    i * 7919 % 31'000'000, 1 + i % 28);
        }
      }
      std::this_thread::sleep_until(begin_ + std::chrono::seconds{options_.seconds / 3});
      import_began_ = SteadyClock::now();
      Process process{
          {.command = {IOTCARDCTL, "--store", daemon_.store_url(), "card", "import", csv},
           .output = dir_.file("import"),
           .env = {},
           .input = {}}};
      if (process.wait(std::chrono::hours{1}) != 0) throw std::runtime_error(process.tail());
      import_ended_ = SteadyClock::now();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  bool import_verdict(const std::vector<SteadyClock::time_point>& seen) const {
    std::vector<double> alone;
    std::vector<double> beside;
    for (std::size_t i = 0; i < sent_at_.size(); ++i) {
      const double took = std::chrono::duration<double, std::milli>(seen[i] - sent_at_[i]).count();
      if (sent_at_[i] < import_began_) alone.push_back(took);
      if (sent_at_[i] >= import_began_ && sent_at_[i] < import_ended_) beside.push_back(took);
    }
    const auto p99 = [](std::vector<double>& values) {
      const auto nth = values.begin() + static_cast<long>(values.size() * 99 / 100);
      std::nth_element(values.begin(), nth, values.end());
      return *nth;
    };
    if (alone.empty() || beside.empty()) throw std::runtime_error("too short to compare");
    const double before = p99(alone);
    const double during = p99(beside);
    const double seconds = std::chrono::duration<double>(import_ended_ - import_began_).count();
    fmt::print(
        "{} cards imported in {:.1f} s; p99 from report to event {:.1f} ms before, {:.1f} ms "
        "during the import, x {:.1f} (at most {})\n",
        options_.import, seconds, before, during, during / before, max_import_factor);
    return during <= before * max_import_factor;
  }

  bool verdict(const std::vector<Sample>& samples) const {
    const std::size_t quarter = samples.size() / 4;
    const auto most = [&](std::size_t from, std::size_t to) {
      Sample peak{0, 0};
      for (std::size_t i = from; i < to; ++i) {
        peak.backlog = std::max(peak.backlog, samples[i].backlog);
        peak.memory = std::max(peak.memory, samples[i].memory);
      }
      return peak;
    };
    const Sample early = most(quarter, 2 * quarter);
    const Sample late = most(samples.size() - quarter, samples.size());
    const bool no_backlog = late.backlog <= options_.rate;
    const bool flat = late.memory <= early.memory * most_growth;
    fmt::print("backlog in the last quarter at most a second's: {}\n", no_backlog ? "yes" : "NO");
    fmt::print("memory from the second quarter to the last at most x {}: {}\n", most_growth,
               flat ? "yes" : "NO");
    return no_backlog && flat;
  }

  const Options options_;
  const Fleet fleet_;
  TempDir dir_;
  Mosquitto broker_;
  Daemon daemon_;
  SteadyClock::time_point begin_;
  std::atomic<std::int64_t> sent_{0};
  std::vector<SteadyClock::time_point> sent_at_;  // of each report, if there is an import
  SteadyClock::time_point import_began_;
  SteadyClock::time_point import_ended_;
  std::exception_ptr failure_;  // of the sender or the import; read once they have ended
};

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"A fleet reports at a steady rate; shows backlog, memory and disk."};
  iotcard::Options options;
  app.add_option("--devices", options.devices, "Each with a card of its own; they report in turn")
      ->capture_default_str()
      ->check(CLI::Range(1000, 10'000'000));
  app.add_option("--rate", options.rate, "Reports a second")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--seconds", options.seconds, "How long")
      ->capture_default_str()
      ->check(CLI::Range(8, 1'000'000));
  app.add_option("--every", options.every, "Seconds between two lines")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--import", options.import,
                 "Cards to import meanwhile; then the time from report to event is compared, and "
                 "no device reports twice")
      ->check(CLI::Range(1000, 10'000'000));
  app.footer("Exit status: 0 no backlog and no growth, 1 there is, or it failed.");
  CLI11_PARSE(app, argc, argv);
  if (options.import > 0) options.devices = options.rate * options.seconds;
  try {
    return iotcard::Soak{options}.go() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak: {}\n", error.what());
    return 1;
  }
}
