// SPDX-License-Identifier: Apache-2.0
// journal_reader.h - Reads the intake journal in order from a position on. A torn tail and flipped
// bits cost the records they hit and nothing else: reading goes on at the next record that carries
// its checksum, and says how much it passed over. One thread at a time.
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

// Bytes that are no record, or a segment that is missing.
struct JournalDamage {
  JournalPosition at;
  std::uint64_t bytes = 0;  // passed over; 0: the segment is missing
};

class JournalReader {
 public:
  JournalReader(std::string dir, JournalPosition from);
  ~JournalReader();

  // Appends at most `most` records that stand before `end` to `batch`; none: nothing is left
  // there. `end` is Journal::end(). Throws JournalError.
  void read(JournalPosition end, std::size_t most, std::vector<JournalRecord>& batch);
  // Where the next read() begins: behind the last record, and behind damage.
  JournalPosition position() const { return position_; }
  // What was passed over since the last call.
  std::vector<JournalDamage> take_damage();

 private:
  bool open_segment();  // false: there is none of that number
  bool next_segment(JournalPosition end);
  bool fill(std::size_t wanted, std::uint64_t limit);
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

// When the first report behind `from` came; nullopt: none is left before `end`. Costs one read of
// its file unless that is damaged, so that nobody need keep it. Throws JournalError. Any thread.
std::optional<Instant> first_arrival(const std::string& dir, JournalPosition from,
                                     JournalPosition end);

}  // namespace iotcard
