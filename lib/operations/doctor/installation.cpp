// SPDX-License-Identifier: Apache-2.0
#include "operations/doctor/installation.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "domain/event.h"

namespace iotcard {
namespace {

// Follows links: /var/lib/iotcardd is one while the service has a dynamic user.
FileFacts facts_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    return {.mode = static_cast<unsigned>(status.st_mode),
            .owner = static_cast<unsigned>(status.st_uid)};
  }
  if (errno == ENOENT || errno == ENOTDIR) return {.missing = true};
  return {.problem = std::generic_category().message(errno)};
}

std::string folder_of(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path{path} : absolute).parent_path().string();
}

FolderFacts folder_facts(const std::string& path, const std::string& file, bool made_by_daemon) {
  return {.folder = facts_of(path),
          .parent = facts_of(folder_of(path)),
          .inside = facts_of(path + "/" + file),
          .inside_name = file,
          .made_by_daemon = made_by_daemon};
}

void add_room(const std::string& path, std::uint64_t needed, std::vector<DiskRoom>& rooms) {
  struct statvfs room {};
  if (statvfs(path.c_str(), &room) != 0) return;  // judge_folder() reports it
  rooms.push_back({path, std::uint64_t{room.f_bavail} * room.f_frsize,
                   std::uint64_t{room.f_blocks} * room.f_frsize, needed});
}

// How long an event has waited, by its own time.
std::optional<Duration> age_of(const OutboxRow& row, Instant now) {
  const auto time = event_time(row.payload);
  return time ? std::optional{std::max(now - *time, Duration{})} : std::nullopt;
}

Finding check_outbox(OutboxStore& store, const std::string& client_id, Instant now) {
  const auto first = store.read_outbox(client_id, 0, 1);
  return judge_outbox(store.count_outbox(client_id),
                      first.empty() ? std::nullopt : age_of(first[0], now));
}

// "4711 (sqlite3)"
std::string process_name(std::int64_t pid) {
  std::ifstream file{fmt::format("/proc/{}/comm", pid)};
  std::string name;
  std::getline(file, name);
  return fmt::format("{} ({})", pid, name.empty() ? "?" : printable(name));
}

// The daemon and others read for a moment, too: who reads twice keeps the log.
Finding check_log(HealthStore& store, Instant now) {
  constexpr std::chrono::milliseconds moment{100};
  const StoreLog log = store.log_state();
  if (!log.blocked_since) return judge_log(log.bytes, {}, {});
  const std::vector<std::int64_t> before = store.log_readers();
  std::this_thread::sleep_for(moment);
  std::vector<std::string> readers;
  for (const std::int64_t pid : store.log_readers()) {
    if (contains(before, pid)) readers.push_back(process_name(pid));
  }
  return judge_log(log.bytes, std::max(now - *log.blocked_since, Duration{}), readers);
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

std::string file_of_store(const std::string& store_url) {
  constexpr std::string_view sqlite = "sqlite:";
  return store_url.starts_with(sqlite) ? store_url.substr(sqlite.size()) : std::string{};
}

void check_files(const Installation& installation, Findings& findings) {
  if (const FileFacts file = facts_of(installation.config_path); !file.missing) {
    findings.push_back(judge_plain_file("configuration file", installation.config_path, file));
  }
  for (const NamedFile& file : installation.files) {
    const FileFacts facts = facts_of(file.path);
    findings.push_back(file.secret ? judge_secret(file.key, file.path, facts)
                                   : judge_plain_file(file.key, file.path, facts));
  }
  const std::string& intake = installation.intake_dir;
  findings.push_back(judge_folder("intake.dir", intake, folder_facts(intake, "lock", true)));
  if (!installation.store_file.empty()) {
    const std::string folder = folder_of(installation.store_file);
    const std::string name = std::filesystem::path{installation.store_file}.filename().string();
    findings.push_back(judge_folder("store folder", folder, folder_facts(folder, name, false)));
  }
  for (const DiskRoom& room : disk_rooms(installation)) {
    findings.push_back(judge_space(room.path, room.free, room.total, room.needed));
  }
}

std::vector<DiskRoom> disk_rooms(const Installation& installation) {
  std::vector<DiskRoom> rooms;
  const std::string& intake = installation.intake_dir;
  add_room(facts_of(intake).missing ? folder_of(intake) : intake, installation.max_backlog, rooms);
  if (!installation.store_file.empty()) add_room(folder_of(installation.store_file), 0, rooms);
  return rooms;
}

StoreView check_store(Store& store, const std::string& client_id, Integrity integrity, Instant now,
                      Findings& findings) {
  StoreView view;
  if (integrity != Integrity::not_checked) {
    const bool thorough = integrity == Integrity::thorough;
    findings.push_back(judge_damage(store.find_damage(thorough), thorough));
  }
  if (store.outdated()) return view;
  findings.push_back(judge_tables(store.growing_tables()));
  findings.push_back(judge_mismatches(store.count_open_mismatches()));
  findings.push_back(check_log(store, now));
  view.newest_report = store.newest_report();
  view.outbox = check_outbox(store, client_id, now);
  findings.push_back(view.outbox);
  findings.push_back(judge_quarantine(store.count_quarantined()));
  findings.push_back(judge_imports(std::ssize(store.imports())));
  return view;
}

void check_clock(Instant now, std::optional<Instant> newest_report, Findings& findings) {
  findings.push_back(judge_clock(now, newest_report, program_time()));
  findings.push_back(judge_synchronised(clock_synchronised()));
}

}  // namespace iotcard
