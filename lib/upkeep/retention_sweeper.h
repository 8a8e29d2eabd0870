// SPDX-License-Identifier: Apache-2.0
// sweeper.h - Keeps what is past within limits of age and number: rejected reports, ended
// bindings and mismatches, devices that nobody knows and that are silent. What was made first goes
// first, a few hundred rows at a time, so that no report waits for it. What stands (an open
// binding, an open mismatch of a device that is kept) never goes. Under a flood of made-up device
// names those that reported once go before those that came back, and garbage before reports that
// were set aside. Not a vacuum: the store's file keeps its size and the room is used again. On the
// applier's thread. Throws StoreError.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace iotcard {

// Each at least 1. Nothing is kept beyond either its age or its number.
struct Retention {
  std::int64_t rejected_reports = 100'000;
  std::int64_t rejected_bytes = std::int64_t{256} << 20;  // of payloads
  std::chrono::seconds rejected_age{std::chrono::days{30}};
  std::int64_t history = 1'000'000;  // ended bindings, and as many ended mismatches
  std::chrono::seconds history_age{std::chrono::days{730}};
  std::int64_t unbound_devices = 1'000'000;
  std::chrono::seconds unbound_age{std::chrono::days{365}};
  friend bool operator==(const Retention&, const Retention&) = default;
};

class RetentionSweeper {
 public:
  // What is too old goes after `first_sweep` for the first time: at the start of a machine the
  // clock may not be right yet.
  RetentionSweeper(Store& store, std::string client_id,
                   std::chrono::seconds first_sweep = std::chrono::hours{1});

  // So much is new in the store; what comes of others is counted once an hour.
  void added(RetentionKind kind, Volume volume) { sweep(kind).volume += volume; }
  void added(const std::vector<Write>& writes, bool new_device);
  // What was told is not true, a transaction was rolled back: count anew.
  void recount();

  // One step of this kind's sweep if it is due, in a transaction of its own. True: there is more to
  // do at once. Events of mismatches that end with their device go to the outbox, but for muted
  // ones.
  bool step(RetentionKind kind, const Retention& retention, EventKinds mute, Instant now);

 private:
  using Steady = std::chrono::steady_clock::time_point;
  struct Limits {
    Volume most;
    Instant before;  // what became past earlier goes
  };
  struct Sweep {
    Volume volume;             // as far as it is known
    Steady counted_at{};       // never, at the beginning
    Steady due_at{};           // for what is too old
    std::int64_t after = 0;    // the sweep goes on behind this id; 0: none is under way
    bool pressed = false;      // there is too much: the young go, too
    bool relentless = false;   // a whole sweep under pressure has spared everything
    std::int64_t removed = 0;  // rows, in the sweep that is under way
  };

  static Limits limits(RetentionKind kind, const Retention& retention, Instant now);
  Sweep& sweep(RetentionKind kind) { return sweeps_[static_cast<std::size_t>(kind)]; }
  void count(RetentionKind kind);
  static bool may_go(const ExpiredRow& row, const Limits& limits, const Sweep& sweep);
  void remove(const ExpiredRow& row, RetentionKind kind, EventKinds mute, Instant now);
  void end_sweep(RetentionKind kind, const Limits& limits);

  Store& store_;
  const std::string client_id_;
  std::array<Sweep, 4> sweeps_;
};

}  // namespace iotcard
