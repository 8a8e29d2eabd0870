// SPDX-License-Identifier: Apache-2.0
// kept_uploads.h - Card lists that were tried with a dry run and may now be
// applied exactly so: the bytes are files in a folder of the daemon, the
// options and what came of them are in memory. A few at a time, for ten minutes
// each; all are gone when the daemon ends. Any thread. Throws ApiError.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "api/response.h"
#include "base/name_table.h"
#include "operations/card_import.h"

namespace iotcard {

enum class UploadState : std::uint8_t { kept, applying, done, failed };
inline constexpr auto upload_state_names =
    make_name_table<UploadState>("kept", "applying", "done", "failed");

class KeptUploads {
 public:
  static constexpr std::size_t max_uploads = 4;
  static constexpr std::chrono::minutes lifetime{10};
  static constexpr std::size_t max_problem_bytes = std::size_t{64} << 20;

  // `folder`: made when needed, and emptied; "": nothing can be kept. Asked at
  // each use.
  explicit KeptUploads(std::function<std::string()> folder) : folder_(std::move(folder)) {}
  ~KeptUploads();

  struct Ticket {
    std::string id;
    Instant expires_at;
  };
  // The rows that an import refuses, as a CSV beside the upload. Not complete
  // beyond max_problem_bytes. One thread.
  class Problems {
   public:
    explicit Problems(const std::string& path);
    void add(const RefusedRow& row);
    void finish();  // throws ApiError if they could not be written

   private:
    std::ofstream file_;
    std::size_t bytes_ = 0;
  };

  // A new upload, which is_kept() once its dry run is over. The oldest that is
  // not being applied gives its place.
  Ticket begin(std::string_view bytes, const ImportOptions& options, Instant now);
  Problems problems_of(const std::string& id);
  void keep(const std::string& id, std::int64_t rows, std::string result);
  void remove(const std::string& id);

  struct Upload {
    ImportOptions options;  // not dry
    std::string bytes;
  };
  // It is being applied from now on; finish() or fail() ends that. 404 if it is
  // not there, 409 if it was applied already, or is being applied.
  Upload apply(const std::string& id, Instant now);
  void note_progress(const std::string& id, std::int64_t done, std::int64_t rows);
  void finish(const std::string& id, std::string result, Instant now);
  void fail(const std::string& id, std::string problem, Instant now);

  // {"state":…,"rows":…,"done":…,"result":…,"problem":…}
  void write(JsonText& json, const std::string& id, Instant now);
  std::string problems_csv(const std::string& id, Instant now);

  // Removes all, and what an earlier run has left; the folder is this object's
  // from now on.
  void clear();

 private:
  struct Entry {
    UploadState state = UploadState::kept;
    ImportOptions options{};
    Instant expires_at{};
    std::int64_t rows = 0;
    std::int64_t done = 0;
    std::string result{};  // JSON; of the dry run until it is applied
    std::string problem{};
    bool tried = false;  // its dry run is over
  };
  std::string path_of(const std::string& id, std::string_view suffix) const;
  void make_folder();
  void expire(Instant now);
  Entry& find(const std::string& id, Instant now);
  void erase(const std::string& id);
  void remove_folder();
  void end(const std::string& id, const std::function<void(Entry&)>& change, Instant now);

  const std::function<std::string()> folder_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
  bool is_ours_ = false;                  // guarded by mutex_: of the folder; see clear()
};

}  // namespace iotcard
