// SPDX-License-Identifier: Apache-2.0
// journal.h - The intake journal: raw reports are appended to numbered segment files before the
// broker gets their acknowledgement. JournalReader reads them; the store knows how far they are
// applied; the journal deletes applied segments. Threads: append() on the broker's receive thread;
// wait_past(), applied() and remove_applied() on the applier's; "journal-sync" (its own, with sync
// batch) writes to the disk every 100 ms; all else from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ingest/journal_record.h"
#include "ingest/segment_files.h"

namespace iotcard {

struct JournalOptions {
  std::string dir;
  std::string client_id;  // whose reports these are
  IntakeSync sync = IntakeSync::batch;
  std::uint64_t max_backlog = std::uint64_t{1} << 30;  // bytes not yet applied
  std::chrono::seconds keep{0};                        // how long applied segments stay
  // Called on the appending thread when the next segment cannot be reserved: the daemon must leave
  // the broker soon, before append() fails. Not called for the other reasons of trouble().
  std::function<void()> on_trouble{};
};

class Journal {
 public:
  // Opens the folder, creates it if its parent exists, and begins a new segment behind all existing
  // ones and behind `applied`, so that no report is written behind a torn tail. A second journal in
  // the folder is refused, and so is another client id, which has another position in the store.
  // Throws JournalError.
  Journal(JournalOptions options, JournalPosition applied);
  ~Journal();

  // Returns when the report is as safe as `sync` promises. Throws JournalError if it is not; a
  // reader may find it all the same, like a report that was delivered twice.
  void append(const ReceivedReport& report);

  // Waits for a report behind `position`, for wake(), or for the timeout. Returns end().
  JournalPosition wait_past(JournalPosition position, std::chrono::milliseconds timeout);
  void wake();
  JournalPosition end() const;  // readers may read up to here

  // All before `position` is in the store.
  void applied(JournalPosition position);
  // Deletes the segments before the applied position, but for those that JournalOptions::keep
  // keeps. To be called only while the store that they were applied to is known to be there: what
  // is deleted cannot be applied again.
  void remove_applied();
  std::uint64_t backlog() const;  // bytes not yet applied

  // Why the journal will soon take no more reports: no room for the next segment, the backlog near
  // its limit, a read-only file system, a disk that fails to sync. "" if all is well. Tries again
  // what failed.
  std::string trouble();

  const std::string& dir() const { return options_.dir; }

 private:
  void begin_segment();
  void reserve_next();
  std::uint64_t unapplied_bytes() const;
  void sync_loop();

  const JournalOptions options_;
  const std::uint64_t segment_bytes_;
  FileDescriptor lock_;

  std::mutex append_mutex_;  // locked before mutex_
  struct Writing {           // guarded by append_mutex_
    std::shared_ptr<SegmentFile> current;
    std::unique_ptr<SegmentFile> next;  // reserved on the disk ahead of need
    std::string reserve_error;
    std::uint64_t newest_segment = 0;
  } writing_;

  mutable std::mutex mutex_;
  std::condition_variable grown_;
  struct State {  // guarded by mutex_
    JournalPosition end;
    JournalPosition applied;
    // Sizes in bytes of the segments before the current one, until they are deleted: kept here, so
    // that the folder need not be listed while append() waits.
    std::map<std::uint64_t, std::uint64_t> closed;
    std::uint64_t wakes = 0;
    bool dirty = false;      // something was written since the last fdatasync
    std::string sync_error;  // of the last one
    bool stopping = false;
  } state_;
  std::condition_variable sync_wanted_;
  std::thread sync_thread_;
};

// The journal position in the store belongs to one folder. When the configuration names another
// folder, the reports that wait in the old one must not be lost, and the position does not apply to
// the new one. Throws JournalError if reports wait in the old folder, and StoreError. A folder that
// was moved with its files keeps its position; in another folder the position is set behind all
// files. To be called before the journal is opened.
void enter_intake_folder(StateStore& store, const std::string& client_id, const std::string& dir);

}  // namespace iotcard
