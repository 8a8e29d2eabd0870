// SPDX-License-Identifier: Apache-2.0
// state_store.h - The port to what daemons remember of their own work: the position in the intake
// journal, the folder of the journal, topic filters, and the state of duties. And the port that
// describes the store itself, read only: identity, schema, damage, sizes. One thread at a time;
// throws StoreError.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/transactional.h"

namespace iotcard {

// A position in the intake journal: all before it is applied.
struct JournalPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // bytes
  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

// Work that goes through the store step by step, or that one daemon holds.
struct Duty {
  enum class Kind : std::uint8_t {
    expiry,          // judging cards by the clock
    silence,         // finding devices that do not report
    platform_lease,  // asking one platform
  };
  Kind kind;
  std::int64_t platform = 0;  // of a platform_lease
};

class StateStore : public virtual Transactional {
 public:
  virtual JournalPosition journal_position(const std::string& client_id) = 0;
  virtual void set_journal_position(const std::string& client_id, JournalPosition position) = 0;
  // The folder of the journal that the position is in; "" if it was never set.
  virtual std::string intake_dir(const std::string& client_id) = 0;
  virtual void set_intake_dir(const std::string& client_id, const std::string& dir) = 0;
  // The clients with a journal position: the daemons of this store.
  virtual std::vector<std::string> clients() = 0;

  // The topic filters that this client has ever subscribed to: the broker remembers them, so the
  // client must unsubscribe from those that it no longer wants.
  virtual std::vector<std::string> known_filters(const std::string& client_id) = 0;
  virtual void set_known_filters(const std::string& client_id,
                                 const std::vector<std::string>& filters) = 0;

  // Text of the duty's owner; "" if it was never set.
  virtual std::string duty_state(Duty duty) = 0;
  virtual void set_duty_state(Duty duty, const std::string& state) = 0;
};

struct TableSize {
  std::string name;
  std::int64_t rows;
};

// The log of changes that a store keeps beside its tables, and resets now and then.
struct StoreLog {
  std::int64_t bytes = 0;                  // 0 for a store without one
  std::optional<Instant> blocked_since{};  // until now, readers have kept it from being reset
};

class HealthStore {
 public:
  virtual ~HealthStore() = default;

  virtual std::string id() = 0;  // made with the store, never changed
  virtual int schema_version() = 0;
  // Changes whenever another connection has committed.
  virtual std::int64_t data_version() = 0;
  virtual bool outdated() = 0;  // of an older schema than ours; only if it was opened to read
  // Why this object no longer writes to the store that its URL names: its file was deleted or
  // replaced after it was opened. nullopt: it is still that file. Cheap; any thread.
  virtual std::optional<std::string> moved() = 0;
  // Each problem on a line; empty: none. `thorough` takes longer and compares indexes with their
  // tables. Blocks nobody.
  virtual std::vector<std::string> find_damage(bool thorough) = 0;
  virtual std::optional<Instant> newest_report() = 0;   // of any device
  virtual std::vector<TableSize> growing_tables() = 0;  // those that grow with reports
  virtual std::int64_t store_bytes() = 0;               // without the log
  // `blocked_since` is noted by the connections that write, in checkpoint_if_idle(). Cheap.
  virtual StoreLog log_state() = 0;
  // The processes other than this one, on this machine, that are reading the store right now.
  virtual std::vector<std::int64_t> log_readers() = 0;
};

// Throws StoreError (unavailable) if the store has moved(): what is written then would be lost.
inline void check_in_place(HealthStore& store) {
  if (const auto problem = store.moved()) {
    throw StoreError{StoreError::Kind::unavailable,
                     *problem + ". Put the file back, or restart the daemon"};
  }
}

}  // namespace iotcard
