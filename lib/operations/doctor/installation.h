// SPDX-License-Identifier: Apache-2.0
// installation.h - What doctor and status look at on this machine: files, folders and room, the
// store and the clock. Changes nothing: files are not opened, the store is read. On the store's
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/named_file.h"
#include "operations/doctor/doctor.h"
#include "store/store.h"

namespace iotcard {

using Findings = std::vector<Finding>;

struct Installation {
  std::string config_path{};
  std::vector<NamedFile> files{};
  std::string intake_dir{};
  std::uint64_t max_backlog = 0;  // bytes
  std::string store_file{};       // "": the store is no file
};
// `store_url`: as configured.
std::string file_of_store(const std::string& store_url);

// Modes and owners, and the room on the file systems.
void check_files(const Installation& installation, Findings& findings);

// What is written must fit on these.
struct DiskRoom {
  std::string path;
  std::uint64_t free = 0;  // bytes, for an account without privileges
  std::uint64_t total = 0;
  std::uint64_t needed = 0;  // for the daemon to keep its promises
};
// Of the intake folder and the store's; a folder that cannot be looked at is left out.
std::vector<DiskRoom> disk_rooms(const Installation& installation);

struct StoreView {
  std::optional<Instant> newest_report;
  Finding outbox{"outbox", Health::skip, "the store cannot be read"};
};
enum class Integrity : std::uint8_t {
  not_checked,  // it reads the whole store
  quick,
  thorough,  // compares indexes with their tables
};
StoreView check_store(Store& store, const std::string& client_id, Integrity integrity, Instant now,
                      Findings& findings);

void check_clock(Instant now, std::optional<Instant> newest_report, Findings& findings);

}  // namespace iotcard
