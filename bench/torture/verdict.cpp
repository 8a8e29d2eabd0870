// SPDX-License-Identifier: Apache-2.0
#include "torture/verdict.h"

#include <algorithm>

#include "ingest/journal_reader.h"
#include "store/store.h"
#include "torture/report_source.h"

namespace iotcard {

Evidence read_store(const std::string& store_url, const std::string& client_id, int devices) {
  constexpr int page = 1000;
  Evidence evidence;
  const auto store = open_store(store_url);
  for (int device = 0; device < devices; ++device) {
    const DeviceKey key{"1", device_number(device)};
    if (const auto row = store->find_device(key)) evidence.applied += row->reports;
  }
  StorePage<Mismatch> mismatches;
  do {
    mismatches = store->list_mismatches({.standing_only = false}, mismatches.next_cursor, page);
    for (const Mismatch& mismatch : mismatches.rows) {
      const auto serial = static_cast<std::size_t>(find_serial(mismatch.reported, ""));
      if (evidence.effects.size() <= serial) evidence.effects.resize(serial + 1);
      evidence.effects[serial] = true;
    }
  } while (!mismatches.next_cursor.empty());
  evidence.rejected = store->count_rejected();
  for (const DeferredTopic& topic : store->deferred_topics(client_id)) {
    evidence.still_deferred += topic.reports;
  }
  evidence.open_outbox = store->count_outbox(client_id);
  return evidence;
}

JournalContent read_journal(const std::string& dir) {
  constexpr std::size_t page = 1000;
  JournalContent content;
  const std::vector<std::uint64_t> segments = list_segments(dir);
  if (segments.empty()) return content;
  const JournalPosition end{segments.back(), segment_size(dir, segments.back())};
  JournalReader reader{dir, {segments.front(), 0}};
  std::vector<JournalRecord> records;
  do {
    records.clear();
    reader.read(end, page, records);
    content.records += static_cast<std::int64_t>(records.size());
    content.damaged += static_cast<std::int64_t>(reader.take_damage().size());
  } while (!records.empty());
  return content;
}

}  // namespace iotcard
