// SPDX-License-Identifier: Apache-2.0
// The input is a script (see Step): records, junk and new segments are written into segment files,
// bytes of them flipped, tails cut off, and JournalReader reads what is left, in steps. Checked: it
// comes to its end; every record it returns stands in the file with its checksum; records that are
// whole are all returned, in order; records and damage together cover every byte once. Apart from
// that, decode_record() on the input itself, as it is and with the checksum set right.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "ingest/journal_reader.h"
#include "ingest/journal_record.h"

using namespace iotcard;

namespace {

enum class Step : std::uint8_t { record, large_record, junk, flip, cut, segment };
constexpr std::uint8_t steps = 6;
constexpr std::size_t most_steps = 64;
constexpr std::uint64_t most_segments = 4;
constexpr std::size_t large = 90'000;  // three of them straddle the reader's chunk of 256 KiB
constexpr std::size_t most_large = 3;

class Folder {
 public:
  Folder() {
    const bool in_memory = access("/dev/shm", W_OK) == 0;
    path_ =
        (in_memory ? std::filesystem::path{"/dev/shm"} : std::filesystem::temp_directory_path()) /
        "iotcard-fuzz-XXXXXX";
    require(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

  void write(std::uint64_t segment, std::string_view bytes) const {
    const std::string path = segment_path(path_, segment);
    const FileDescriptor file{open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)};
    require(file.get() >= 0);
    require(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void remove(std::uint64_t segment) const { unlink(segment_path(path_, segment).c_str()); }

 private:
  std::string path_;
};

std::string encode(const ReceivedReport& report) {
  char header[record_header_bytes];
  encode_header(report, header);
  std::string bytes{header, record_header_bytes};
  return bytes.append(report.topic).append(report.payload);
}

struct WrittenRecord {
  JournalPosition begin;
  std::string bytes;
};

struct Journal {
  std::vector<std::string> segments{1};  // the first is number 1
  std::vector<WrittenRecord> records;
  std::vector<JournalPosition> stops;  // ends at which the reader reads, as the journal grows

  JournalPosition end() const { return {segments.size(), segments.back().size()}; }
};

void add_record(Journal& journal, Script& script, std::size_t size) {
  const std::string_view topic = script.text(script.byte() % 32);
  const std::string_view pattern = script.text(script.byte());
  std::string payload(size, 'x');
  for (std::size_t at = 0; at < size && !pattern.empty(); at += pattern.size()) {
    pattern.copy(payload.data() + at, size - at);
  }
  const std::uint8_t flags = script.byte();
  const std::string bytes = encode({.topic = std::string{topic},
                                    .payload = payload,
                                    .size = static_cast<std::uint32_t>(payload.size() + flags % 2),
                                    .arrival = from_unix_micros(script.number(4)),
                                    .qos = static_cast<std::uint8_t>(flags % 3),
                                    .retained = (flags & 4) != 0,
                                    .duplicate = (flags & 8) != 0});
  journal.records.push_back({journal.end(), bytes});
  journal.segments.back() += bytes;
}

void flip(Journal& journal, Script& script) {
  std::string& segment = journal.segments[script.byte() % journal.segments.size()];
  if (segment.empty()) return;
  const std::size_t at = script.number(3) % segment.size();
  segment[at] = static_cast<char>(segment[at] ^ script.byte());
}

void cut(Journal& journal, Script& script) {
  const std::size_t index = script.byte() % journal.segments.size();
  std::string& segment = journal.segments[index];
  if (segment.empty()) return;
  segment.resize(script.number(3) % segment.size());
  // What was cut is lost, even if the same bytes come again; what was an end there is none any
  // more.
  std::erase_if(journal.records, [&](const WrittenRecord& record) {
    return record.begin.segment == index + 1 &&
           record.begin.offset + record.bytes.size() > segment.size();
  });
  std::erase_if(journal.stops, [&](JournalPosition stop) {
    return stop.segment == index + 1 && stop.offset > segment.size();
  });
}

Journal play(Script& script) {
  Journal journal;
  std::size_t larges = 0;
  for (std::size_t count = 0; count < most_steps && !script.ended(); ++count) {
    const std::uint8_t choice = script.byte();
    switch (static_cast<Step>(choice % steps)) {
      case Step::record:
        add_record(journal, script, script.byte());
        break;
      case Step::large_record:
        add_record(journal, script, larges < most_large ? large : 0);
        ++larges;
        break;
      case Step::junk:
        journal.segments.back() += script.text(script.byte());
        break;
      case Step::flip:
        flip(journal, script);
        break;
      case Step::cut:
        cut(journal, script);
        break;
      case Step::segment:
        if (journal.segments.size() < most_segments) journal.segments.emplace_back();
        break;
    }
    if (choice >= 128) journal.stops.push_back(journal.end());
  }
  std::sort(journal.stops.begin(), journal.stops.end());
  journal.stops.push_back(journal.end());
  return journal;
}

std::string_view bytes_at(const Journal& journal, JournalPosition begin, std::size_t size) {
  const std::string_view segment = journal.segments[begin.segment - 1];
  return begin.offset <= segment.size() ? segment.substr(begin.offset, size) : std::string_view{};
}

// What was read of each segment: where it begins and how many bytes it takes.
using Covered = std::map<JournalPosition, std::uint64_t>;

void check_covered(const Journal& journal, const Covered& covered) {
  for (std::uint64_t segment = 1; segment <= journal.segments.size(); ++segment) {
    std::uint64_t offset = 0;
    for (auto part = covered.lower_bound({segment, 0});
         part != covered.end() && part->first.segment == segment; ++part) {
      require(part->first.offset == offset);
      offset += part->second;
    }
    require(offset == journal.segments[segment - 1].size());
  }
}

void read_all(const std::string& dir, const Journal& journal, std::size_t most) {
  JournalReader reader{dir, {}};
  Covered covered;
  std::vector<JournalPosition> found;
  for (const JournalPosition stop : journal.stops) {
    for (;;) {
      const JournalPosition before = reader.position();
      std::vector<JournalRecord> batch;
      reader.read(stop, most, batch);
      require(reader.position() >= before && reader.position() <= stop && batch.size() <= most);
      for (const JournalRecord& record : batch) {
        const std::string bytes = encode(record.report);
        require(record.end.offset >= bytes.size() && record.end <= reader.position());
        const JournalPosition begin{record.end.segment, record.end.offset - bytes.size()};
        require(bytes_at(journal, begin, bytes.size()) == bytes);
        require(covered.emplace(begin, bytes.size()).second);
        require(found.empty() || found.back() < begin);
        found.push_back(begin);
      }
      for (const JournalDamage& damage : reader.take_damage()) {
        require(damage.bytes > 0 && covered.emplace(damage.at, damage.bytes).second);
      }
      if (batch.empty()) break;
    }
  }
  check_covered(journal, covered);
  for (const WrittenRecord& record : journal.records) {
    if (bytes_at(journal, record.begin, record.bytes.size()) != record.bytes) continue;
    // The last that begins there or before; a record may hold the bytes of another in its payload.
    const auto behind = std::upper_bound(found.begin(), found.end(), record.begin);
    require(behind != found.begin());
    const JournalPosition holder = *std::prev(behind);
    require(holder.segment == record.begin.segment);
    require(record.begin.offset < holder.offset + covered.at(holder));
  }
}

void check_decode(std::string_view input) {
  std::size_t wanted = 0;
  if (const auto decoded = decode_record(input, wanted)) {
    require(decoded->bytes <= input.size());
    require(encode(decoded->report) == input.substr(0, decoded->bytes));
  } else {
    require(wanted == 0 || wanted > input.size());
  }
  if (input.size() < record_header_bytes) return;
  // The same bytes as a record of what they say: topic and payload share the rest.
  const std::string_view rest = input.substr(record_header_bytes);
  const std::size_t topic_bytes = std::min<std::size_t>(rest.size(), input[24] & 0x7F);
  std::int64_t arrival = 0;
  std::memcpy(&arrival, input.data() + 8, sizeof arrival);
  const ReceivedReport report{.topic = std::string{rest.substr(0, topic_bytes)},
                              .payload = std::string{rest.substr(topic_bytes)},
                              .size = static_cast<std::uint32_t>(rest.size()),
                              .arrival = from_unix_micros(arrival),
                              .qos = static_cast<std::uint8_t>(input[26] & 3),
                              .retained = (input[26] & 4) != 0,
                              .duplicate = (input[26] & 8) != 0};
  const std::string bytes = encode(report);
  for (const std::size_t size : {bytes.size() - 1, record_header_bytes - 1, std::size_t{0}}) {
    const std::size_t held = std::min(size, bytes.size() - 1);
    require(!decode_record(std::string_view{bytes}.substr(0, held), wanted) && wanted > held);
  }
  const auto decoded = decode_record(bytes + "IOT1", wanted);
  require(decoded && decoded->bytes == bytes.size());
  const ReceivedReport& record = decoded->report;
  require(record.topic == report.topic && record.payload == report.payload);
  require(record.size == report.size && record.arrival == report.arrival);
  require(record.qos == report.qos && record.retained == report.retained &&
          record.duplicate == report.duplicate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const std::string_view input = as_text(data, size);
  check_decode(input);
  Script script{input};
  const std::size_t most = script.byte() % 8 + 1;
  const Journal journal = play(script);
  for (std::uint64_t i = 1; i <= journal.segments.size(); ++i) {
    folder.write(i, journal.segments[i - 1]);
  }
  read_all(folder.path(), journal, most);
  for (std::uint64_t i = 1; i <= journal.segments.size(); ++i) folder.remove(i);
  return 0;
}
