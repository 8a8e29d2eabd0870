// SPDX-License-Identifier: Apache-2.0
// journal_reader.h - Reads the intake journal in order from a position on. A torn tail or a flipped
// bit costs the records that it hits and no others: the reader continues at the next record with a
// right checksum, and reports how many bytes it skipped. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/journal_record.h"
#include "ingest/segment_files.h"

namespace iotcard {

struct JournalRecord {
  ReceivedReport report;
  JournalPosition end;  // behind the record
};

// Bytes that are no record, or missing segments.
struct JournalDamage {
  JournalPosition at;
  std::uint64_t bytes = 0;             // skipped
  std::uint64_t missing_segments = 0;  // from at.segment on
};
// For a person: what is known to be lost, and what is not.
std::string describe(const JournalDamage& damage, const std::string& dir);

class JournalReader {
 public:
  JournalReader(std::string dir, JournalPosition from);

  // Appends at most `max` records before `end` to `records`; none: nothing is left before `end`.
  // `end` is Journal::end(). Throws JournalError.
  void read(JournalPosition end, std::size_t max, std::vector<JournalRecord>& records);
  // Where the next read() begins: behind the last record, and behind damage.
  JournalPosition position() const { return position_; }
  // The damage found since the last call.
  std::vector<JournalDamage> take_damage();

 private:
  bool open_segment();  // false: there is none of that number
  bool next_segment(JournalPosition end);
  bool fill(std::size_t wanted, std::uint64_t limit);
  std::uint64_t file_size() const;
  std::string_view unread() const;
  std::optional<DecodedRecord> decode(std::uint64_t limit);
  void skip_damage(std::uint64_t limit);

  const std::string dir_;
  JournalPosition position_;
  std::unique_ptr<FileDescriptor> file_;  // of position_.segment
  std::string buffer_;                    // bytes of the segment from buffer_at_ on
  std::uint64_t buffer_at_ = 0;
  std::vector<JournalDamage> damage_;
};

// The arrival of the first report behind `from`; nullopt: there is none before `end`. Costs one
// read of a file. Throws JournalError. Any thread.
std::optional<Instant> first_arrival(const std::string& dir, JournalPosition from,
                                     JournalPosition end);

}  // namespace iotcard
