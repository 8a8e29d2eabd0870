// SPDX-License-Identifier: Apache-2.0
// replay: decides stored reports again, by today's configuration and cards; and publishes events
// again that the broker would not take.
#include "operations/replay/replay.h"

#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "base/text_sanitizer.h"
#include "ingest/journal_reader.h"
#include "operations/quarantine.h"
#include "output.h"
#include "quarantine_rows.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::size_t journal_read_ahead = 200;  // reports

struct ReplayVerbOptions {
  bool rejected = false;
  bool last = false;
  bool quarantined = false;
  const CLI::Option* journal = nullptr;
  std::string journal_dir;  // "": intake.dir
  std::string device;
  std::string since;
  ReplayOptions replay;
  bool verbose = false;
  bool yes = false;
};

// The records of a journal, one by one. Reports what it had to skip.
class JournalArchive {
 public:
  JournalArchive(const std::string& dir, JournalPosition end)
      : reader_(dir, {}), dir_(dir), end_(end) {}

  std::optional<ReceivedReport> next() {
    if (at_ == batch_.size()) {
      batch_.clear();
      at_ = 0;
      reader_.read(end_, journal_read_ahead, batch_);
      report_damage();
      if (batch_.empty()) return std::nullopt;
    }
    return std::move(batch_[at_++].report);
  }

 private:
  void report_damage() {
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

std::string state_text(const ReportState& state) {
  if (state.outcome.empty()) return "(not known)";
  return state.reason.empty() ? state.outcome : state.outcome + ": " + state.reason;
}

void print_summary(const ReplayResult& result, const ReplayOptions& options) {
  Table table{{"FROM", "TO", "COUNT"}};
  for (const auto& [states, count] : result.summary) {
    const bool same = states.first == states.second;
    table.add({{state_text(states.first), state_text(states.second), std::to_string(count)},
               same ? Colour::grey : Colour::none});
  }
  table.finish("no reports to replay");
  fmt::print("{}{} reports, {} {}\n", options.dry_run ? "dry run, nothing stored: " : "",
             result.reports, result.changed,
             options.dry_run ? "would change something" : "changed something");
}

class ReplayPrinter {
 public:
  ReplayPrinter(const OutputOptions& output, bool verbose, ProgressBar& bar)
      : for_programs_(output.json() || output.format == OutputFormat::csv),
        lists_(for_programs_ || verbose),
        bar_(bar),
        rows_(output,
              {"AT",
               {"DEVICE", "product topic"},
               {"FROM", "before before_reason"},
               {"TO", "after after_reason"},
               "CHANGED"},
              "") {}

  void take(const ReplayedReport& report) {
    if (!lists_) return;
    bar_.clear();
    rows_.add([&](JsonText& json) { write_replayed(json, report); },
              [&]() -> TableRow {
                return {{printable(report.at), report.device ? report.device->text() : report.topic,
                         state_text(report.before), state_text(report.after),
                         report.changed ? "yes" : "no"}};
              });
  }
  // After a failure: what is printed is done, and is whole.
  void break_off() {
    bar_.clear();
    if (for_programs_) rows_.finish();
  }
  void finish(const ReplayResult& result, const ReplayOptions& options) {
    bar_.clear();
    if (lists_ && (for_programs_ || result.reports > 0)) rows_.finish();
    if (for_programs_) return;
    if (lists_ && result.reports > 0) fmt::print("\n");
    print_summary(result, options);
  }

 private:
  const bool for_programs_;  // who want the rows and no summary
  const bool lists_;
  ProgressBar& bar_;
  ListPrinter rows_;
};

// Reports of weeks may be decided again, over what operators did since.
void confirm_journal(const std::string& dir) {
  const std::string question = fmt::format("decide the reports that {} has kept again?", dir);
  if (is_terminal(stdin)) return ask(question);
  throw std::runtime_error{fmt::format(
      "{} Nothing was done; --dry-run shows what would change, --yes does it", question)};
}

ReplayResult replay_journal(Program& program, Store& store, const ReplayVerbOptions& options,
                            const ReplayOptions& replay, const ReplayHooks& hooks) {
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
  if (own && program.config().intake.keep.count() == 0) {
    complain(fmt::format(
        "intake.keep is 0: what {} has applied is deleted, so there is nothing to decide again",
        dir));
    return {};
  }
  JournalArchive archive{dir, end_of(store, context, dir, own)};
  if (!options.yes && !replay.dry_run) confirm_journal(dir);
  return replay_archive(
      store, context, [&] { return archive.next(); }, replay, hooks);
}

// Events are published as they are; nothing is decided.
int publish_again(Program& program, const ReplayOptions& replay, bool verbose) {
  const auto store =
      replay.dry_run ? program.open_existing_store() : program.open_store_to_change();
  watch_for_interrupts();
  const bool for_programs = program.json || program.output.format == OutputFormat::csv;
  ListPrinter rows{program.output, quarantine_columns(), ""};
  const auto show = [&](const QuarantinedEvent& event) {
    if (!for_programs && !verbose) return;
    rows.add([&](JsonText& json) { write_quarantined(json, event); },
             [&] { return quarantine_row(event); });
  };
  const std::int64_t events = requeue_quarantined(*store, program.context(),
                                                  {.dry_run = replay.dry_run,
                                                   .device = replay.device,
                                                   .since = replay.since,
                                                   .limit = replay.limit},
                                                  show, interrupted);
  if (for_programs || (verbose && events > 0)) rows.finish();
  if (!for_programs) {
    fmt::print("{} quarantined events {}\n", events,
               replay.dry_run ? "would be published again" : "are to be published again");
  }
  return interrupted() ? failure : success;
}

int replay_reports(Program& program, const ReplayVerbOptions& options) {
  ReplayOptions replay = options.replay;
  if (!options.device.empty()) replay.device = device_from_operator(options.device);
  if (!options.since.empty()) replay.since = time_from_operator("--since", options.since);
  const int sources = int{options.rejected} + int{options.last} + int{options.quarantined} +
                      int{options.journal->count() > 0};
  if (sources != 1) {
    throw UsageError{
        "replay: say which reports, by one of --rejected, --quarantined, --last and --journal"};
  }
  if (replay.reason && !options.rejected) {
    throw UsageError{"--reason is for --rejected"};
  }
  if (replay.drop_superseded && !options.rejected) {
    throw UsageError{"--drop-superseded is for --rejected"};
  }
  if (options.quarantined) return publish_again(program, replay, options.verbose);
  const auto store =
      replay.dry_run ? program.open_existing_store() : program.open_store_to_change();
  watch_for_interrupts();

  ProgressBar bar{replay.dry_run ? "replaying (dry run)" : "replaying"};
  const std::int64_t total = options.rejected ? store->count_rejected()
                             : options.last   ? store->count_devices()
                                              : 0;
  ReplayPrinter printer{program.output, options.verbose, bar};
  const ReplayHooks hooks{.decided = [&](const ReplayedReport& one) { printer.take(one); },
                          .progress = [&](std::int64_t reports) { bar.show(reports, total); },
                          .stop = interrupted};
  ReplayResult result;
  try {
    result = options.rejected ? replay_rejected(*store, program.context(), replay, hooks)
             : options.journal->count() > 0
                 ? replay_journal(program, *store, options, replay, hooks)
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

Action replay_verb(Arguments& arguments) {
  auto options = std::make_shared<ReplayVerbOptions>();
  arguments.begin_group("source", "Which reports");
  arguments.flag("--rejected", options->rejected,
                 "Those that were rejected; one that is applied is no longer rejected");
  arguments.flag("--quarantined", options->quarantined,
                 "Not reports: publishes events again that the broker or a webhook would not take");
  arguments.flag("--last", options->last, "The last one of each device");
  options->journal = arguments
                         .option("--journal", options->journal_dir,
                                 "Those that an intake journal has kept (intake.keep); without DIR "
                                 "that of the configuration")
                         ->expected(0, 1)
                         ->type_name("[DIR]");
  arguments.end_group();
  arguments.option("--device", options->device, "Only those of this device, PRODUCT/NUMBER");
  arguments.choice("--reason", options->replay.reason, rejection_reason_names,
                   "Only those rejected for this reason");
  arguments.option("--since", options->since, "Only those that came at this time or later");
  arguments.limit(options->replay.limit);
  arguments.flag("--drop-superseded", options->replay.drop_superseded,
                 "Deletes rejected reports that are superseded; by default they are kept");
  arguments.flag("--dry-run", options->replay.dry_run,
                 "Shows what would change; works on a copy of the store in TMPDIR");
  arguments.flag("--yes", options->yes, "Do not ask before --journal");
  arguments.flag("--verbose", options->verbose, "Lists each report besides the summary");
  arguments.footer(R"(
A report is applied as of the time it came. It is superseded, and changes nothing, if the
store knows something newer of its device or of the card it names. The running daemon
publishes its events, or the daemon's next run. Of a report rejected as too-large only the
beginning was kept: it stays rejected; ask the device to report instead.
--journal asks on a terminal and needs --yes elsewhere; with intake.keep = 0 the daemon's own
journal keeps nothing, and nothing is done. --since takes an age (1h, 7d, 1w) or a time.
A second run finds nothing to do; after an interrupt, run it again for the rest.
With --json: an array with an object for each report: rejected_id, topic, product, device,
at, before, before_reason, after, after_reason, changed. before and after are an outcome,
"report.rejected" with its reason, "superseded" (after) or null (before, of a journal).
With --quarantined each event gets a new id, but for one that a webhook set aside, which was
published before; --since is about when it was quarantined, and --json gives the objects of
quarantine list.
Exit status: 0 done, 1 failed or interrupted, 2 wrong usage, 3 wrong configuration.)");
  return [options](Program& program) { return replay_reports(program, *options); };
}

}  // namespace iotcard
