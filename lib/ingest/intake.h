// SPDX-License-Identifier: Apache-2.0
// intake.h - Appends a report to the journal, and does nothing else. When accept() returns, the
// MQTT library sends PUBACK, so accept() keeps a report that the journal does not take and tries
// again; the broker keeps the reports behind it. Threads: accept() on the broker's receive thread;
// the other functions from any.
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
  // A longer payload is cut at `max_payload` bytes; the applier rejects the report.
  Intake(Journal& journal, const Clock& clock, std::size_t max_payload)
      : journal_(journal), clock_(clock), max_payload_(max_payload) {}

  // Sets `report.arrival` and `.size`. Returns when the report is as safe as intake.sync promises.
  // If the journal does not take it and close() was called, accept() never returns, since that
  // would acknowledge a lost report: the thread waits for the end of the process.
  void accept(ReceivedReport report) noexcept;

  // A report that the journal did not take is not tried again.
  void close();

  void set_max_payload(std::size_t bytes) { max_payload_ = bytes; }
  // Why a report is held at the moment; "" if none is.
  std::string held() const;
  std::uint64_t accepted() const { return accepted_; }

 private:
  bool try_append(const ReceivedReport& report);

  Journal& journal_;
  const Clock& clock_;
  std::atomic<std::size_t> max_payload_;
  std::atomic<std::uint64_t> accepted_{0};
  mutable std::mutex mutex_;
  std::condition_variable closing_;
  struct State {  // guarded by mutex_
    std::string held;
    bool closed = false;
  } state_;
};

}  // namespace iotcard
