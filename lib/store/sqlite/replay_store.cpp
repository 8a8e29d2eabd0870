// SPDX-License-Identifier: Apache-2.0
// A copy of the store to try things on, and rejected reports that are applied after all.
#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

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
    try {
      original.run("VACUUM INTO ?", copy);
    } catch (const StoreError& error) {
      throw StoreError{error.kind(),
                       fmt::format("cannot copy the card store to {}: {}. TMPDIR names another "
                                   "folder for the copy",
                                   copy, error.what())};
    }
    return copy;
  }
};

}  // namespace

bool SqliteReplayStore::remove_rejected(std::int64_t id) {
  return connection_.run("DELETE FROM rejected_report WHERE id = ?", id) > 0;
}

bool SqliteReplayStore::remove_quarantined(std::int64_t id) {
  return connection_.run("DELETE FROM quarantined_event WHERE id = ?", id) > 0;
}

std::unique_ptr<Store> SqliteReplayStore::scratch_copy() {
  return std::make_unique<ScratchStore>(connection_);
}

}  // namespace iotcard::sqlite
