// SPDX-License-Identifier: Apache-2.0
// verdict.h - Reads the store and the intake journal at the end of a torture run, after the daemon
// has stopped. One thread. Throws StoreError and JournalError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iotcard {

struct Evidence {
  std::vector<bool> effects;        // by serial number: the store has a mismatch about it
  std::int64_t applied = 0;         // reports, by the devices' counts
  std::int64_t rejected = 0;        // 0 is expected
  std::int64_t still_deferred = 0;  // 0 is expected
  std::int64_t open_outbox = 0;     // 0 is expected
};
Evidence read_store(const std::string& store_url, const std::string& client_id, int devices);

struct JournalContent {
  std::int64_t records = 0;
  std::int64_t damaged = 0;  // damaged places: torn tails
};
// Of a journal that keeps its applied segments.
JournalContent read_journal(const std::string& dir);

}  // namespace iotcard
