// SPDX-License-Identifier: Apache-2.0
// torture: publishes reports at full speed to a real broker while it kills the daemon, the broker,
// and both; then checks in the store, the journal and a durable subscriber whether anything is
// missing. Starts its own broker and daemon on 127.0.0.1 and ends by itself.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <random>
#include <thread>

#include "support/daemon.h"
#include "support/mosquitto.h"
#include "torture/report_source.h"
#include "torture/verdict.h"
#include "torture/witness.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int at_most = 2'000'000'000;
// Time between two kills: mostly short, so that many hit the start and the connecting, and
// sometimes long enough for full speed.
constexpr std::uint64_t short_life = 400;  // ms
constexpr std::uint64_t long_life = 4000;  // ms
constexpr seconds settle_patience{120};
constexpr seconds say_interval{10};
constexpr std::int64_t shown_losses = 10;
constexpr const char* client_id = "iotcardd";

struct Options {
  std::int64_t reports = 20'000;
  int kills = 30;
  int seconds = 120;
  int devices = 200;
  std::uint64_t seed = std::random_device{}();
  std::string sync = "batch";
};

struct Kills {
  int daemon = 0;
  int broker = 0;
  int both = 0;
  int all() const { return daemon + broker + both; }
};

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        random_(options.seed),
        broker_(dir_, {.persistence = true,
                       .lines = {"max_queued_messages 0", "max_inflight_messages 0",
                                 "autosave_on_changes true", "autosave_interval 500"}}),
        witness_(broker_.url()),
        daemon_(dir_, broker_.url(),
                {.client_id = client_id,
                 .toml = {{"intake", fmt::format("sync = \"{}\"\nkeep = \"1d\"", options.sync)},
                          {"retention", "history = 1000000000"}}}),
        source_({.broker_url = broker_.url(),
                 .broker_database = broker_.database(),
                 .devices = options.devices,
                 .reports = options.reports,
                 .decided = [this] { return witness_.tally().reports; },
                 .seed = options.seed}) {}

  // True: nothing is missing.
  bool go() {
    witness_.connect();
    daemon_.wait_online();
    // The broker must save the subscription before the first report: a broker that forgets the
    // subscription acknowledges reports and drops them.
    broker_.save();
    source_.start();
    kill_again_and_again();
    source_.finish();
    const bool settled = settle();
    const auto status = daemon_.terminate();
    const bool judged = judge();
    if (!settled)
      fmt::print("not settled within {} s; status of the daemon's end {}\n",
                 settle_patience.count(), status.value_or(-1));
    if (!judged || !settled) fmt::print("the daemon's log:\n{}", daemon_.tail());
    return judged && settled;
  }

 private:
  void kill_again_and_again() {
    const auto deadline = steady_clock::now() + seconds{options_.seconds};
    auto say_at = steady_clock::now() + say_interval;
    while (kills_.all() < options_.kills && steady_clock::now() < deadline && !source_.ended()) {
      const std::uint64_t longest = random_() % 4 == 0 ? long_life : short_life;
      std::this_thread::sleep_for(milliseconds{random_() % longest});
      kill_one();
      if (steady_clock::now() < say_at) continue;
      say_at = steady_clock::now() + say_interval;
      fmt::print("{} kills, {} reports acknowledged, {} decided\n", kills_.all(),
                 source_.acknowledged(), witness_.tally().reports);
      std::fflush(stdout);
    }
  }

  void kill_one() {
    const auto dice = random_() % 10;
    if (dice < 6) {
      daemon_.kill();
      daemon_.start();
      ++kills_.daemon;
      return;
    }
    const bool both = dice >= 8;
    if (both) daemon_.kill();
    broker_.kill();
    broker_.start();
    // An event that the broker has acknowledged and not saved is lost with it, unless the witness
    // has it: so the broker is not killed again before the witness is connected.
    witness_.connect();
    if (both) daemon_.start();
    ++(both ? kills_.both : kills_.broker);
  }

  // Until each acknowledged report has its event.
  bool settle() {
    const auto deadline = steady_clock::now() + settle_patience;
    while (witness_.tally().reports < source_.published()) {
      if (steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds{20});
    }
    return true;
  }

  bool judge() {
    const Evidence evidence = read_store(daemon_.store_url(), client_id, options_.devices);
    const JournalContent journal = read_journal(daemon_.intake_dir());
    std::int64_t without_effect = 0;
    std::int64_t without_event = 0;
    for (std::int64_t serial = 1; serial <= source_.published(); ++serial) {
      const auto at = static_cast<std::size_t>(serial);
      if (at >= evidence.effects.size() || !evidence.effects[at]) ++without_effect;
      if (!witness_.has_seen(serial)) {
        ++without_event;
        if (without_event <= shown_losses) fmt::print("no event for report {}\n", serial);
      }
    }
    fmt::print("seed                      {}\n", options_.seed);
    fmt::print("reports acknowledged      {}, published again {}\n", source_.acknowledged(),
               source_.repeated());
    fmt::print("kills                     {}: daemon {}, broker {}, both {}\n", kills_.all(),
               kills_.daemon, kills_.broker, kills_.both);
    fmt::print("losses                    {} in the store, {} among the events\n", without_effect,
               without_event);
    fmt::print("out of order              {}\n", witness_.tally().out_of_order);
    fmt::print("applied once              {} records in the journal, {} applied, {} torn\n",
               journal.records, evidence.applied + evidence.rejected, journal.damaged);
    fmt::print("duplicates                {} events published again, {} reports delivered again\n",
               witness_.tally().published_again, witness_.tally().decided_again);
    fmt::print("left over                 {} deferred, {} in the outbox, {} rejected\n",
               evidence.still_deferred, evidence.open_outbox, evidence.rejected);
    return without_effect == 0 && without_event == 0 && witness_.tally().out_of_order == 0 &&
           journal.records == evidence.applied + evidence.rejected && evidence.rejected == 0 &&
           evidence.still_deferred == 0;
  }

  const Options options_;
  std::mt19937_64 random_;
  TempDir dir_;
  Mosquitto broker_;
  Witness witness_;
  Daemon daemon_;
  ReportSource source_;
  Kills kills_;
};

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"Kills the daemon and its broker again and again, and looks for what is missing."};
  iotcard::Options options;
  app.add_option("--reports", options.reports, "Ends after so many")
      ->capture_default_str()
      ->check(CLI::Range(1, iotcard::at_most));
  app.add_option("--kills", options.kills, "No more kills than this")
      ->capture_default_str()
      ->check(CLI::Range(0, iotcard::at_most));
  app.add_option("--seconds", options.seconds, "No more kills after this time")
      ->capture_default_str()
      ->check(CLI::Range(1, iotcard::at_most));
  app.add_option("--devices", options.devices, "How many devices report")
      ->capture_default_str()
      ->check(CLI::Range(1, 65535));
  app.add_option("--seed", options.seed,
                 "For the same order of devices and kills; the moments differ");
  app.add_option("--sync", options.sync, "intake.sync of the daemon")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "batch", "each"}));
  app.footer("Exit status: 0 nothing is missing, 1 something is, 2 wrong usage.");
  CLI11_PARSE(app, argc, argv);
  static bool failed = false;  // keeps the run's files
  iotcard::ask_for_failure([] { return failed; });
  try {
    iotcard::Run run{options};
    failed = !run.go();
    return failed ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "torture: {}\n", error.what());
    return 1;
  }
}
