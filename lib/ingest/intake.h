// SPDX-License-Identifier: Apache-2.0
// intake.h - The first station of a report, on the broker's receive thread: into the journal, and
// nothing else. Returning means PUBACK, so a report that cannot be made safe is held here until it
// can, while the broker keeps the rest.
// Threads: accept() on the receive thread; all else from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "ingest/journal.h"

namespace iotcard {

class Intake {
 public:
  // Of a payload longer than max_payload only that much is kept; the applier rejects it.
  Intake(Journal& journal, const Clock& clock, std::size_t max_payload)
      : journal_(journal), clock_(clock), max_payload_(max_payload) {}

  // `report.arrival` and `.size` are set here. Returns when the report is safe. If it is not and
  // close() was called, it never returns: a return would acknowledge what is lost, so the thread
  // waits for the end of the process.
  void accept(RawReport report) noexcept;

  // No report that cannot be made safe will be tried again.
  void close();

  void set_max_payload(std::size_t bytes) { max_payload_ = bytes; }
  // Why a report is being held just now; "" if none is.
  std::string held() const;
  std::uint64_t accepted() const { return accepted_; }

 private:
  bool try_append(const RawReport& report);

  Journal& journal_;
  const Clock& clock_;
  std::atomic<std::size_t> max_payload_;
  std::atomic<std::uint64_t> accepted_{0};
  mutable std::mutex mutex_;
  std::condition_variable closing_;
  std::string held_;     // guarded by mutex_
  bool closed_ = false;  // likewise
};

}  // namespace iotcard
