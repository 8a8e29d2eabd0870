// SPDX-License-Identifier: Apache-2.0
// replay: decides stored reports again, by today's configuration and cards.
#include "operations/replay/replay.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/text_sanitizer.h"
#include "device_argument.h"
#include "ingest/journal_reader.h"
#include "interrupt.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::size_t read_ahead = 200;  // reports of a journal

struct ReplayArguments {
  bool rejected = false;
  bool last = false;
  CLI::Option* journal = nullptr;
  std::string journal_dir;  // "": intake.dir
  std::string device;
  std::string reason;
  std::string since;
  std::int64_t limit = no_limit;
  bool drop_superseded = false;
  bool dry_run = false;
  bool verbose = false;
};

// The records of a journal, one by one. Says what it had to pass over.
class Archive {
 public:
  Archive(const std::string& dir, JournalPosition end) : reader_(dir, {}), dir_(dir), end_(end) {}

  std::optional<ReceivedReport> next() {
    if (at_ == batch_.size()) {
      batch_.clear();
      at_ = 0;
      reader_.read(end_, read_ahead, batch_);
      tell_damage();
      if (batch_.empty()) return std::nullopt;
    }
    return std::move(batch_[at_++].report);
  }

 private:
  void tell_damage() {
    for (const JournalDamage& damage : reader_.take_damage()) {
      fmt::print(stderr, "{}\n", describe(damage, dir_));
    }
  }

  JournalReader reader_;
  const std::string dir_;
  const JournalPosition end_;
  std::vector<JournalRecord> batch_;
  std::size_t at_ = 0;
};

// In the daemon's own folder, what it has not applied yet is its own to apply, by the same rules.
JournalPosition end_of(Store& store, const Context& context, const std::string& dir, bool own) {
  if (own) return store.journal_position(context.client_id);
  const std::vector<std::uint64_t> segments = list_segments(dir);
  if (segments.empty()) {
    throw std::runtime_error{fmt::format(
        "there are no segments (*.journal) in {}: name the folder of an intake journal", dir)};
  }
  return {segments.back(), segment_size(dir, segments.back())};
}

Instant time_from_operator(const std::string& text) {
  if (const auto time = parse_time(text)) return *time;
  throw UsageError{fmt::format(
      "--since: \"{}\" is no time; write 2026-11-23 or 2026-11-23T20:51:00Z", printable(text))};
}

ReplayOptions replay_options(const ReplayArguments& options) {
  ReplayOptions replay{.dry_run = options.dry_run,
                       .drop_superseded = options.drop_superseded,
                       .limit = options.limit};
  if (!options.device.empty()) replay.device = device_from_operator(options.device);
  if (!options.reason.empty()) replay.reason = rejection_reason_names.find(options.reason);
  if (!options.since.empty()) replay.since = time_from_operator(options.since);
  return replay;
}

std::string shown_state(const ReportState& state) {
  if (state.outcome.empty()) return "(not known)";
  return state.reason.empty() ? state.outcome : state.outcome + ": " + state.reason;
}

void print_summary(const ReplayResult& result, const ReplayOptions& options) {
  Table table{{"FROM", "TO", "COUNT"}};
  for (const auto& [states, count] : result.summary) {
    const bool same = states.first == states.second;
    table.add({shown_state(states.first), shown_state(states.second), std::to_string(count)},
              same ? Colour::grey : Colour::none);
  }
  table.finish("no reports to replay");
  fmt::print("{}{} reports, {} {}\n", options.dry_run ? "dry run, nothing stored: " : "",
             result.reports, result.changed,
             options.dry_run ? "would change something" : "changed something");
}

class Printer {
 public:
  Printer(bool json, bool verbose, ProgressBar& bar) : json_(json), verbose_(verbose), bar_(bar) {}

  void take(const ReplayedReport& report) {
    if (json_) {
      JsonText json;
      write_replayed(json, report);
      array_.add(json.view());
    } else if (verbose_) {
      bar_.clear();
      rows_.add({iotcard::shown(report.at), report.device ? report.device->text() : report.topic,
                 shown_state(report.before), shown_state(report.after),
                 report.changed ? "yes" : "no"});
    }
  }
  // After a failure: what is printed is done, and is whole.
  void break_off() {
    bar_.clear();
    if (json_) array_.finish();
  }
  void finish(const ReplayResult& result, const ReplayOptions& options) {
    bar_.clear();
    if (json_) return array_.finish();
    if (verbose_ && result.reports > 0) {
      rows_.finish("");
      fmt::print("\n");
    }
    print_summary(result, options);
  }

 private:
  const bool json_;
  const bool verbose_;
  ProgressBar& bar_;
  JsonArray array_;
  Table rows_{{"AT", "DEVICE", "FROM", "TO", "CHANGED"}};
};

ReplayResult replay_journal(Program& program, Store& store, const ReplayArguments& options,
                            const ReplayOptions& replay, const std::vector<TopicPattern>& topics,
                            const ReplayHooks& hooks) {
  const std::string& configured = program.config().intake.dir;
  std::error_code not_there;
  const bool own = options.journal_dir.empty() ||
                   std::filesystem::equivalent(options.journal_dir, configured, not_there);
  const std::string& dir = own ? configured : options.journal_dir;
  const Context context = program.context();
  if (const std::int64_t waiting = store.count_deferred(context.client_id); own && waiting > 0) {
    throw std::runtime_error{fmt::format(
        "{} reports of this journal wait in the store behind those of other devices, and the "
        "daemon will decide them; let it do so, iotcardctl status shows them, and try again",
        waiting)};
  }
  Archive archive{dir, end_of(store, context, dir, own)};
  return replay_archive(
      store, context, topics, [&] { return archive.next(); }, replay, hooks);
}

int run_replay(Program& program, const ReplayArguments& options) {
  const ReplayOptions replay = replay_options(options);
  const bool journal = options.journal->count() > 0;
  if (!options.reason.empty() && !options.rejected) {
    throw UsageError{"--reason is for --rejected"};
  }
  if (options.drop_superseded && !options.rejected) {
    throw UsageError{"--drop-superseded is for --rejected"};
  }
  std::vector<TopicPattern> topics;
  for (const std::string& topic : program.config().reports.topics) topics.emplace_back(topic);
  const auto store = program.open_existing_store();
  watch_for_interrupts();

  ProgressBar bar{replay.dry_run ? "replaying (dry run)" : "replaying"};
  const std::int64_t total = options.rejected ? store->count_rejected()
                             : options.last   ? store->count_devices()
                                              : 0;
  Printer printer{program.json, options.verbose, bar};
  const ReplayHooks hooks{.decided = [&](const ReplayedReport& one) { printer.take(one); },
                          .progress =
                              [&](std::int64_t reports) {
                                bar.show(static_cast<std::uint64_t>(reports),
                                         static_cast<std::uint64_t>(total), reports);
                              },
                          .stop = interrupted};
  ReplayResult result;
  try {
    result = options.rejected ? replay_rejected(*store, program.context(), topics, replay, hooks)
             : journal        ? replay_journal(program, *store, options, replay, topics, hooks)
                              : replay_last(*store, program.context(), replay, hooks);
  } catch (const std::exception&) {
    printer.break_off();
    throw;
  }
  printer.finish(result, replay);
  if (!result.interrupted) return success;
  fmt::print(stderr, "iotcardctl: interrupted; {}\n",
             replay.dry_run ? "the rest was not looked at"
                            : "what is listed is done, run it again for the rest");
  return failure;
}

}  // namespace

void add_replay(CLI::App& app, Program& program) {
  CLI::App* verb =
      app.add_subcommand("replay", "Decides stored reports again, by today's rules and cards");
  auto options = std::make_shared<ReplayArguments>();
  auto* sources = verb->add_option_group("source", "Which reports");
  sources->add_flag("--rejected", options->rejected,
                    "Those that were rejected; one that is applied is no rejected one any more");
  sources->add_flag("--last", options->last, "The last one of each device");
  options->journal = sources->add_option("--journal", options->journal_dir,
                                         "Those that an intake journal has kept (intake.keep); "
                                         "without DIR that of the configuration");
  options->journal->expected(0, 1)->type_name("[DIR]");
  sources->require_option(1);
  verb->add_option("--device", options->device, "Only those of this device, PRODUCT/NUMBER");
  verb->add_option("--reason", options->reason, "Only those rejected for this reason")
      ->check(CLI::IsMember(std::vector<std::string>{rejection_reason_names.names.begin(),
                                                     rejection_reason_names.names.end()}));
  verb->add_option("--since", options->since, "Only those that came at this time or later");
  verb->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb->add_flag("--drop-superseded", options->drop_superseded,
                 "Forgets rejected reports that are superseded; else they are kept");
  verb->add_flag("--dry-run", options->dry_run,
                 "Says what it would come to; works on a copy of the store in TMPDIR");
  verb->add_flag("--verbose", options->verbose, "Lists each report besides the summary");
  verb->footer(
      "A report is applied as of when it came. It is superseded, and changes nothing, where the\n"
      "store knows something newer: of its device, or of the card it names by whomever. Its "
      "events\n"
      "are published by the running daemon, or once it runs. Of a report rejected as too-large\n"
      "only the begin was kept: it stays rejected; ask the device to report instead.\n"
      "A second run finds nothing to do, and one that was interrupted goes on.\n"
      "With --json: an array with an object for each report: rejected_id, topic, product, device,\n"
      "at, before, before_reason, after, after_reason, changed. before and after are an outcome,\n"
      "\"report.rejected\" with its reason, \"superseded\" (after) or null (before, of a "
      "journal).\n"
      "Exit status: 0 done, 1 failed or interrupted, 2 wrong usage, 3 wrong configuration.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return run_replay(program, *options); };
  });
}

}  // namespace iotcard
