// SPDX-License-Identifier: Apache-2.0
// The journal on real files: what was appended is read back, whatever happened to the tail.
#include "ingest/journal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ingest/journal_reader.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "journal-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

JournalOptions options(const Folder& folder, JournalSync sync = JournalSync::none) {
  return {.dir = folder.path / "intake",
          .client_id = "test",
          .sync = sync,
          .max_backlog = 1 << 20,
          .keep = {}};
}

void append(Journal& journal, const std::string& payload,
            const std::string& topic = "/1/D/info/post") {
  RawReport report;
  report.topic = topic;
  report.payload = payload;
  report.size = static_cast<std::uint32_t>(payload.size());
  report.arrival = from_unix_micros(1'700'000'000'123'456);
  report.qos = 1;
  report.duplicate = true;
  journal.append(report);
}

std::vector<std::string> read_all(JournalReader& reader, JournalPosition end) {
  std::vector<JournalRecord> batch;
  reader.read(end, 100'000, batch);
  std::vector<std::string> payloads;
  for (const JournalRecord& record : batch) payloads.push_back(record.payload);
  return payloads;
}

fs::path segment(const Journal& journal, std::uint64_t number) {
  return segment_path(journal.dir(), number);
}

}  // namespace

TEST_CASE("a report comes back from the journal as it was appended") {
  const Folder folder;
  for (const JournalSync sync : {JournalSync::none, JournalSync::batch, JournalSync::each}) {
    Journal journal{options(folder, sync), {}};
    const JournalPosition begin = journal.end();
    append(journal, std::string{"with\0NUL", 8});
    append(journal, "");
    JournalReader reader{journal.dir(), begin};
    std::vector<JournalRecord> batch;
    reader.read(journal.end(), 10, batch);
    REQUIRE(batch.size() == 2);
    CHECK(batch[0].topic == "/1/D/info/post");
    CHECK(batch[0].payload == std::string{"with\0NUL", 8});
    CHECK(batch[0].size == 8);
    CHECK(batch[0].arrival == from_unix_micros(1'700'000'000'123'456));
    CHECK(batch[0].qos == 1);
    CHECK(batch[0].duplicate);
    CHECK_FALSE(batch[0].retained);
    CHECK(batch[1].end == journal.end());
  }
}

TEST_CASE("a journal opened again begins behind everything and nothing is read twice") {
  const Folder folder;
  JournalPosition applied;
  {
    Journal journal{options(folder), {}};
    append(journal, "one");
    append(journal, "two");
    JournalReader reader{journal.dir(), {}};
    std::vector<JournalRecord> batch;
    reader.read(journal.end(), 1, batch);
    applied = reader.position();
  }
  Journal journal{options(folder), applied};
  append(journal, "three");
  CHECK(journal.backlog() > 0);
  JournalReader reader{journal.dir(), applied};
  CHECK(read_all(reader, journal.end()) == std::vector<std::string>{"two", "three"});
  CHECK(reader.take_damage().empty());
}

TEST_CASE("a torn tail costs what was torn and nothing behind it") {
  const Folder folder;
  std::uint64_t first = 0;
  std::string dir;
  {
    Journal journal{options(folder), {}};
    first = journal.end().segment;
    append(journal, "whole");
    append(journal, "torn off in the middle");
    dir = journal.dir();
  }
  const fs::path path = segment_path(dir, first);
  const auto whole = fs::file_size(path);
  for (const std::uintmax_t cut : {1, 10, 21, 22, 40}) {
    CAPTURE(cut);
    fs::resize_file(path, whole - cut);
    Journal journal{options(folder), {first, 0}};
    append(journal, "after");
    JournalReader reader{journal.dir(), {first, 0}};
    CHECK(read_all(reader, journal.end()) == std::vector<std::string>{"whole", "after"});
    CHECK(reader.take_damage().size() == 1);
    fs::remove(segment(journal, journal.end().segment));
  }
}

TEST_CASE("a flipped bit costs one report") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const JournalPosition begin = journal.end();
  for (const char* payload : {"first", "second", "third"}) append(journal, payload);
  const fs::path path = segment(journal, begin.segment);
  const auto size = fs::file_size(path);
  const auto record = (size - std::string{"firstsecondthird"}.size()) / 3 + 5;  // of "first"
  for (const std::uintmax_t at :
       {record + 1, record + 5, record + 12, record + 17, record + 24, record + 40}) {
    CAPTURE(at);
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(static_cast<std::streamoff>(at));
    const char good = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(good ^ 0x10));
    file.flush();
    JournalReader reader{journal.dir(), begin};
    CHECK(read_all(reader, journal.end()) == std::vector<std::string>{"first", "third"});
    CHECK(reader.take_damage().size() == 1);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(good);
  }
}

TEST_CASE("a missing segment is named and passed over") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const JournalPosition begin = journal.end();
  const std::string payload(60'000, 'x');
  while (journal.end().segment < begin.segment + 2) append(journal, payload);
  append(journal, "last");
  fs::remove(segment(journal, begin.segment + 1));
  JournalReader reader{journal.dir(), begin};
  const auto payloads = read_all(reader, journal.end());
  CHECK(payloads.back() == "last");
  const auto damage = reader.take_damage();
  REQUIRE(damage.size() == 1);
  CHECK(damage[0].at.segment == begin.segment + 1);
  CHECK(damage[0].bytes == 0);
}

TEST_CASE("segments that are applied are removed, and the backlog is what is left") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const JournalPosition begin = journal.end();
  const std::string payload(60'000, 'x');
  while (journal.end().segment < begin.segment + 3) append(journal, payload);
  CHECK(fs::exists(segment(journal, begin.segment)));
  journal.applied(journal.end());
  CHECK_FALSE(fs::exists(segment(journal, begin.segment)));
  CHECK_FALSE(fs::exists(segment(journal, begin.segment + 2)));
  CHECK(fs::exists(segment(journal, begin.segment + 3)));
  CHECK(journal.backlog() == 0);
  append(journal, "more");
  CHECK(journal.backlog() > 0);
}

TEST_CASE("a backlog near its limit is trouble before it is reached, and heals") {
  const Folder folder;
  Journal journal{options(folder), {}};
  CHECK(journal.trouble().empty());
  const std::string payload(60'000, 'x');
  while (journal.backlog() < (1 << 20) - (1 << 17)) append(journal, payload);
  CHECK(journal.trouble().find("intake.max_backlog") != std::string::npos);
  journal.applied(journal.end());
  CHECK(journal.trouble().empty());
}

TEST_CASE("a second journal in the same folder is refused by name") {
  const Folder folder;
  const Journal journal{options(folder), {}};
  CHECK_THROWS_WITH((Journal{options(folder), {}}), Catch::Contains("another iotcardd"));
}

TEST_CASE("a folder that cannot be made is an error that names it") {
  const JournalOptions nowhere{.dir = "/nonexistent/intake",
                               .client_id = "test",
                               .sync = {},
                               .max_backlog = 1 << 20,
                               .keep = {}};
  CHECK_THROWS_WITH((Journal{nowhere, {}}), Catch::Contains("/nonexistent/intake"));
}

TEST_CASE("the folder of another client id is refused, as its position would be another") {
  const Folder folder;
  { const Journal journal{options(folder), {}}; }
  JournalOptions other = options(folder);
  other.client_id = "other";
  CHECK_THROWS_WITH((Journal{other, {}}),
                    Catch::Contains("\"test\"") && Catch::Contains("\"other\""));
  CHECK_NOTHROW(Journal{options(folder), {}});
}

TEST_CASE("a segment that is gone is said, also the one in which reading stood") {
  const Folder folder;
  JournalPosition stood;
  {
    Journal journal{options(folder), {}};
    append(journal, "one");
    stood = {journal.end().segment, 1};
  }
  fs::remove(segment_path((folder.path / "intake").string(), stood.segment));
  Journal journal{options(folder), {stood.segment, 1}};
  append(journal, "two");
  JournalReader reader{journal.dir(), stood};
  CHECK(read_all(reader, journal.end()) == std::vector<std::string>{"two"});
  CHECK(reader.take_damage().size() == 1);

  fs::remove(segment(journal, journal.end().segment));
  JournalReader lost{journal.dir(), {journal.end().segment, 0}};
  CHECK_THROWS_WITH(read_all(lost, journal.end()), Catch::Contains("is gone"));
}

TEST_CASE("a segment that is shorter than the end that was asked for is read as far as it goes") {
  const Folder folder;
  Journal journal{options(folder), {}};
  append(journal, "one");
  const JournalPosition after_one = journal.end();
  append(journal, "two");
  const JournalPosition end = journal.end();
  for (const std::uint64_t size : {after_one.offset, std::uint64_t{5}, std::uint64_t{0}}) {
    fs::resize_file(segment(journal, end.segment), size);
    JournalReader reader{journal.dir(), {end.segment, 0}};
    CHECK(read_all(reader, end).size() == (size == after_one.offset ? 1 : 0));
    CHECK(reader.position() == end);
    CHECK(reader.take_damage().size() == 1);
    JournalReader behind{journal.dir(), after_one};
    CHECK(read_all(behind, end).empty());
  }
}

TEST_CASE("whether a journal is in use is seen without disturbing it") {
  const Folder folder;
  CHECK_FALSE(is_locked(folder.path / "intake").has_value());
  {
    const Journal journal{options(folder), {}};
    CHECK(is_locked(journal.dir()) == true);
  }
  CHECK(is_locked(folder.path / "intake") == false);
}
