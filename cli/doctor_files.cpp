// SPDX-License-Identifier: Apache-2.0
// What doctor and status find of the intake journal, and the files of a configuration.
#include <filesystem>

#include "doctor_checks.h"
#include "ingest/journal_reader.h"
#include "ingest/segment_files.h"

namespace iotcard {

Installation installation_of(const Config& config, const std::string& config_path) {
  return {.config_path = config_path,
          .files = named_files(config),
          .intake_dir = config.intake.dir,
          .max_backlog = config.intake.max_backlog,
          .store_file = file_of_store(config.store_url)};
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

JournalBacklog journal_backlog(Store& store, const std::string& client_id, const std::string& dir) {
  JournalBacklog backlog;
  try {
    const JournalPosition applied = store.journal_position(client_id);
    backlog.bytes = bytes_behind(dir, applied);
    if (backlog.bytes == 0) return backlog;
    const std::uint64_t last = list_segments(dir).back();
    backlog.oldest = first_arrival(dir, applied, {last, segment_size(dir, last)});
  } catch (const JournalError&) {
    // It may not be read, or has just been applied.
  }
  return backlog;
}

}  // namespace iotcard
