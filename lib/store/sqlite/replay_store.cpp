// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/replay_store.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

// Deletes its folder and all files in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    path_ = std::filesystem::temp_directory_path() / "iotcard-copy-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      throw StoreError(StoreError::Kind::unavailable,
                       fmt::format("cannot make a folder for a copy of the store, {}: see that "
                                   "there is room, or name another place in TMPDIR",
                                   path_));
    }
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file() const { return path_ + "/copy.db"; }

 private:
  std::string path_;
};

class ScratchStore final : private ScratchFolder, public SqliteStore {
 public:
  explicit ScratchStore(Connection& original) : SqliteStore(copied(original)) {}

 private:
  std::string copied(Connection& original) const {
    std::string copy = file();
    original.query("VACUUM INTO ?").run(copy);
    return copy;
  }
};

}  // namespace

std::vector<RejectedReport> SqliteReplayStore::list_rejected_after(std::int64_t after_id,
                                                                   int limit) {
  static const std::string sql = "SELECT " + std::string{rejected_columns} +
                                 " FROM rejected_report WHERE id > ? ORDER BY id LIMIT ?";
  Query query = connection_.query(sql);
  query.bind(after_id, limit);
  std::vector<RejectedReport> rejected;
  while (query.next()) rejected.push_back(read_rejected(query));
  return rejected;
}

bool SqliteReplayStore::remove_rejected(std::int64_t id) {
  return connection_.query("DELETE FROM rejected_report WHERE id = ?").run(id) > 0;
}

void SqliteReplayStore::revise_report(const DeviceKey& device, const LastReport& report) {
  static const std::string sql =
      "UPDATE device SET reported_iccid = ?4, platform = ?5, rssi = ?6, status = ?7, "
      "firmware_version = ?8, user_id = ?9, longitude = ?10, latitude = ?11, summary = ?12, "
      "leniencies = ?13, issues = ?14, outcome = ?15 "
      "WHERE product = ?1 AND number = ?2 AND last_seen = ?3";
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  Query query = connection_.query(sql);
  query.bind(device.product, device.number, report.at, iccid ? iccid->text() : std::string_view{},
             reading.platform, reading.rssi, reading.status, or_empty(reading.firmware_version),
             or_empty(reading.user_id), reading.longitude, reading.latitude,
             or_empty(reading.summary), join(reading.leniencies.names(leniency_names), ' '),
             join(reading.issues, '\n'), outcome_name(report.outcome));
  query.run();
}

std::unique_ptr<Store> SqliteReplayStore::scratch_copy() {
  return std::make_unique<ScratchStore>(connection_);
}

}  // namespace iotcard::sqlite
