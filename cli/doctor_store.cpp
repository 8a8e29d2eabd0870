// SPDX-License-Identifier: Apache-2.0
// doctor: the store, what waits in it and in the journal, and the clock.
#include <sys/timex.h>

#include <algorithm>
#include <filesystem>

#include "doctor_checks.h"
#include "domain/event.h"
#include "ingest/segment_files.h"
#include "program.h"

namespace iotcard {
namespace {

// How long an event has waited, by its own time.
std::optional<Duration> age_of(const OutboxRow& row) {
  const auto time = event_time(row.payload);
  return time ? std::optional{std::max(now() - *time, Duration{})} : std::nullopt;
}

Finding check_outbox(OutboxStore& store, const std::string& client_id) {
  const auto first = store.read_outbox(client_id, 0, 1);
  return judge_outbox(store.count_outbox(client_id),
                      first.empty() ? std::nullopt : age_of(first[0]));
}

// The time of this program's own file, which is in the past.
std::optional<Instant> program_time() {
  std::error_code error;
  const auto time = std::filesystem::last_write_time("/proc/self/exe", error);
  if (error) return std::nullopt;
  return std::chrono::time_point_cast<Duration>(std::chrono::file_clock::to_sys(time));
}

std::optional<bool> clock_synchronised() {
  timex state{};  // modes 0: only asks
  if (adjtimex(&state) == -1) return std::nullopt;
  return (state.status & STA_UNSYNC) == 0;
}

}  // namespace

StoreView check_store(Store& store, const std::string& client_id, bool thorough,
                      Findings& findings) {
  StoreView view;
  findings.push_back(judge_damage(store.find_damage(thorough), thorough));
  if (store.outdated()) return view;
  findings.push_back(judge_tables(store.growing_tables()));
  findings.push_back(judge_mismatches(store.count_open_mismatches()));
  view.newest_report = store.newest_report();
  view.outbox = check_outbox(store, client_id);
  findings.push_back(view.outbox);
  return view;
}

void check_journal(Store& store, const Config& config, Findings& findings) {
  const std::string& dir = config.intake.dir;
  std::error_code error;
  if (!std::filesystem::exists(dir, error) && !error) return;  // judge_folder() reports it
  try {
    findings.push_back(
        judge_backlog(bytes_behind(dir, store.journal_position(config.broker.client_id)),
                      config.intake.max_backlog, store.count_deferred(config.broker.client_id)));
  } catch (const JournalError& problem) {
    findings.push_back({"journal backlog", Health::skip, problem.what(), "run doctor as root"});
  }
}

void check_clock(std::optional<Instant> newest_report, Findings& findings) {
  findings.push_back(judge_clock(now(), newest_report, program_time()));
  findings.push_back(judge_synchronised(clock_synchronised()));
}

}  // namespace iotcard
