// SPDX-License-Identifier: Apache-2.0
// verdict.h - What the store and the intake journal hold at the end of a torture run. Reads a store
// that nobody writes any more. One thread. Throws StoreError and JournalError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iotcard {

struct Evidence {
  std::vector<bool> effects;        // by serial number: the store has a mismatch about it
  std::int64_t applied = 0;         // reports, by the devices' counts
  std::int64_t rejected = 0;        // there should be none
  std::int64_t still_deferred = 0;  // likewise
  std::int64_t open_outbox = 0;     // likewise
};
Evidence read_store(const std::string& store_url, const std::string& client_id, int devices);

struct JournalContent {
  std::int64_t records = 0;
  std::int64_t damaged = 0;  // places that were passed over: torn tails
};
// Of a journal that keeps its applied segments.
JournalContent read_journal(const std::string& dir);

}  // namespace iotcard
