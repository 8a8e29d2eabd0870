// SPDX-License-Identifier: Apache-2.0
// journal.h - The intake journal: raw reports appended to numbered segment files before the broker
// is told that they arrived. Its reader is JournalReader; what has been applied is known to the
// store, and segments that are applied are removed here.
// Threads: append() on the broker's receive thread; wait_past() and applied() on the applier's;
// "journal-sync" (its own, with sync batch) writes to the disk every 100 ms; all else from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ingest/journal_record.h"
#include "ingest/segment_files.h"

namespace iotcard {

enum class JournalSync : std::uint8_t {
  none,   // the page cache: survives the process, not the power
  batch,  // on the disk within 100 ms
  each,   // on the disk when append() returns
};

struct JournalOptions {
  std::string dir;
  std::string client_id;  // whose reports these are
  JournalSync sync = JournalSync::batch;
  std::uint64_t max_backlog = std::uint64_t{1} << 30;  // bytes not yet applied
  std::chrono::seconds keep{0};                        // how long applied segments stay
  // Called on the appending thread when the next segment cannot be reserved: there is little time
  // to leave the broker before append() fails. Not for what else trouble() says.
  std::function<void()> on_trouble{};
};

class Journal {
 public:
  // Opens the folder, making it if its parent exists, and begins a new segment behind all that
  // exist and behind `applied`, so that nothing is ever written behind a torn tail. One journal a
  // folder: a second one is refused, and so is another client id, whose position in the store would
  // be another. Throws JournalError.
  Journal(JournalOptions options, JournalPosition applied);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Returns once the report is as safe as `sync` promises. Throws JournalError if it is not; it may
  // be read all the same, as if it had been delivered twice.
  void append(const RawReport& report);

  // Waits until there is something behind `position`, until wake(), or until the time is over.
  // Returns the end of what may be read.
  JournalPosition wait_past(JournalPosition position, std::chrono::milliseconds patience);
  void wake();
  JournalPosition end() const;

  // All before `position` is in the store. Removes segments that nobody needs any more.
  void applied(JournalPosition position);
  std::uint64_t backlog() const;  // bytes not yet applied

  // "" if the journal can take reports for a while; otherwise why it soon cannot: no room for the
  // next segment, the backlog near its limit, a read-only file system, or a disk that does not
  // take what was written. Looks again, and may heal.
  std::string trouble();

  const std::string& dir() const { return options_.dir; }

 private:
  void begin_segment();
  void reserve_next();
  void sync_loop();

  const JournalOptions options_;
  const std::uint64_t segment_bytes_;
  FileLock lock_;

  std::mutex append_mutex_;               // taken before mutex_
  std::shared_ptr<SegmentFile> current_;  // guarded by append_mutex_
  std::unique_ptr<SegmentFile> next_;     // likewise; reserved on the disk ahead of need
  std::string reserve_error_;             // likewise
  std::uint64_t newest_segment_ = 0;      // likewise; the highest number given out

  mutable std::mutex mutex_;
  std::condition_variable grown_;
  JournalPosition end_;        // guarded by mutex_
  JournalPosition applied_;    // likewise
  std::uint64_t backlog_ = 0;  // likewise
  std::uint64_t wakes_ = 0;    // likewise
  bool dirty_ = false;         // likewise; since the last fdatasync
  std::string sync_error_;     // likewise; of the last one
  bool stopping_ = false;      // likewise
  std::condition_variable sync_wanted_;
  std::thread sync_thread_;
};

}  // namespace iotcard
