// SPDX-License-Identifier: Apache-2.0
// retention_sweeper.h - Deletes rejected reports, ended bindings and mismatches, changes of cards,
// and silent devices without a binding when they exceed the limits of `[retention]` in age or
// number. Deletes the oldest rows first, a few hundred at a time, so that no report waits long.
// Never deletes an open binding, nor an open mismatch of a device that is kept. In a flood of
// made-up device names, devices that reported once are deleted before those that reported again;
// other rejected reports are deleted before quarantined ones. Not a vacuum: the store's file keeps
// its size, and free pages are used again. Applier's thread only. Throws StoreError.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/retention.h"
#include "store/store.h"

namespace iotcard {

class RetentionSweeper {
 public:
  // Deletes by age only after `first_sweep`: when a machine has just started, its clock may be
  // wrong.
  RetentionSweeper(Store& store, std::string client_id,
                   std::chrono::seconds first_sweep = std::chrono::hours{1});

  // Rows that the caller has added to the store (or removed, if negative). Rows of other programs
  // are counted once an hour.
  void added(RetentionKind kind, Volume volume);
  // A transaction was rolled back, so the additions did not happen: count the rows again.
  void recount();

  // One step of this kind's sweep if it is due, in its own transaction. True: more is due at once.
  // Events of mismatches that end with their device go to the outbox, except muted ones.
  bool step(RetentionKind kind, const Retention& retention, EventKinds mute, Instant now);

 private:
  using Steady = std::chrono::steady_clock::time_point;
  struct Limits {
    Volume max;
    Instant before;  // older rows are deleted
  };
  struct Sweep {
    Volume volume;               // as far as it is known
    std::int64_t added = 0;      // rows, since the last step
    Steady counted_at{};         // zero: not yet
    Steady due_at{};             // of the next sweep by age
    std::int64_t cursor = 0;     // the sweep continues behind this id; 0: no sweep is running
    bool over_limit = false;     // young rows are deleted, too
    bool spare_nothing = false;  // a whole sweep over the limit has deleted nothing
    std::int64_t removed = 0;    // rows, in the running sweep
  };

  static Limits limits(RetentionKind kind, const Retention& retention, Instant now);
  Sweep& sweep(RetentionKind kind) { return sweeps_[static_cast<std::size_t>(kind)]; }
  void count(RetentionKind kind);
  static bool is_due(const ExpiredRow& row, const Limits& limits, const Sweep& sweep);
  void remove(const ExpiredRow& row, RetentionKind kind, EventKinds mute, Instant now);
  void end_sweep(RetentionKind kind, const Limits& limits);

  Store& store_;
  const std::string client_id_;
  std::array<Sweep, retention_kinds.size()> sweeps_;
};

}  // namespace iotcard
