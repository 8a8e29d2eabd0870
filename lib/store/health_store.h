// SPDX-License-Identifier: Apache-2.0
// health_store.h - The port that describes the store itself: identity, schema, damage, sizes.
// Read only. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/transactional.h"

namespace iotcard {

struct TableSize {
  std::string name;
  std::int64_t rows;
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
};

// Throws StoreError (unavailable) if the store has moved(): what is written then would be lost.
inline void check_in_place(HealthStore& store) {
  if (const auto problem = store.moved()) {
    throw StoreError{StoreError::Kind::unavailable,
                     *problem + ". Put the file back, or restart the daemon"};
  }
}

}  // namespace iotcard
