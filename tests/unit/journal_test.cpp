// SPDX-License-Identifier: Apache-2.0
// The journal on real files: what was appended is read back, whatever happened to the tail.
#include "ingest/journal.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/lock_list.h"
#include "ingest/journal_reader.h"
#include "support/pid_namespace.h"

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

JournalOptions options(const Folder& folder, IntakeSync sync = IntakeSync::none) {
  return {.dir = folder.path / "intake",
          .client_id = "test",
          .sync = sync,
          .max_backlog = 1 << 20,
          .keep = {}};
}

void append(Journal& journal, const std::string& payload,
            const std::string& topic = "/1/D/info/post") {
  ReceivedReport report;
  report.topic = topic;
  report.payload = payload;
  report.size = static_cast<std::uint32_t>(payload.size());
  report.arrival = from_unix_micros(1'700'000'000'123'456);
  report.qos = 1;
  report.duplicate = true;
  journal.append(report);
}

std::vector<std::string> read_all(JournalReader& reader, JournalPosition end) {
  std::vector<JournalRecord> records;
  reader.read(end, 100'000, records);
  std::vector<std::string> payloads;
  for (const JournalRecord& record : records) payloads.push_back(record.report.payload);
  return payloads;
}

fs::path segment(const Journal& journal, std::uint64_t number) {
  return segment_path(journal.dir(), number);
}

}  // namespace

TEST_CASE("a report comes back from the journal as it was appended") {
  const Folder folder;
  for (const IntakeSync sync : {IntakeSync::none, IntakeSync::batch, IntakeSync::each}) {
    Journal journal{options(folder, sync), {}};
    const JournalPosition begin = journal.end();
    append(journal, std::string{"with\0NUL", 8});
    append(journal, "");
    JournalReader reader{journal.dir(), begin};
    std::vector<JournalRecord> records;
    reader.read(journal.end(), 10, records);
    REQUIRE(records.size() == 2);
    CHECK(records[0].report.topic == "/1/D/info/post");
    CHECK(records[0].report.payload == std::string{"with\0NUL", 8});
    CHECK(records[0].report.size == 8);
    CHECK(records[0].report.arrival == from_unix_micros(1'700'000'000'123'456));
    CHECK(records[0].report.qos == 1);
    CHECK(records[0].report.duplicate);
    CHECK_FALSE(records[0].report.retained);
    CHECK(records[1].end == journal.end());
  }
}

TEST_CASE("a journal that is opened again begins a new segment, and no report is read twice") {
  const Folder folder;
  JournalPosition applied;
  {
    Journal journal{options(folder), {}};
    append(journal, "one");
    append(journal, "two");
    JournalReader reader{journal.dir(), {}};
    std::vector<JournalRecord> records;
    reader.read(journal.end(), 1, records);
    applied = reader.position();
  }
  Journal journal{options(folder), applied};
  append(journal, "three");
  CHECK(journal.backlog() > 0);
  JournalReader reader{journal.dir(), applied};
  CHECK(read_all(reader, journal.end()) == std::vector<std::string>{"two", "three"});
  CHECK(reader.take_damage().empty());
}

TEST_CASE("a torn tail costs the torn report and none behind it") {
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

TEST_CASE("a missing segment is reported and skipped") {
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
  CHECK(damage[0].missing_segments == 1);
}

TEST_CASE("applied segments are deleted on request, and the backlog is what is not applied") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const JournalPosition begin = journal.end();
  const std::string payload(60'000, 'x');
  while (journal.end().segment < begin.segment + 3) append(journal, payload);
  journal.applied({begin.segment + 1, 0});
  CHECK(fs::exists(segment(journal, begin.segment)));
  CHECK(journal.backlog() > 0);
  journal.remove_applied();
  CHECK_FALSE(fs::exists(segment(journal, begin.segment)));
  CHECK(fs::exists(segment(journal, begin.segment + 1)));
  journal.applied(journal.end());
  journal.remove_applied();
  CHECK_FALSE(fs::exists(segment(journal, begin.segment)));
  CHECK_FALSE(fs::exists(segment(journal, begin.segment + 2)));
  CHECK(fs::exists(segment(journal, begin.segment + 3)));
  CHECK(journal.backlog() == 0);
  append(journal, "more");
  CHECK(journal.backlog() > 0);
}

TEST_CASE("the backlog is known without reading the folder") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const JournalPosition begin = journal.end();
  const std::string payload(60'000, 'x');
  while (journal.end().segment < begin.segment + 3) append(journal, payload);
  const std::uint64_t all = journal.backlog();
  CHECK(all == bytes_behind(journal.dir(), begin));
  fs::rename(folder.path / "intake", folder.path / "away");
  CHECK_NOTHROW(journal.applied({begin.segment + 1, 0}));
  CHECK(journal.backlog() < all);
  CHECK_NOTHROW(journal.applied(journal.end()));
  CHECK(journal.backlog() == 0);
}

TEST_CASE("a segment that could not be finished does not stop the next attempt") {
  const Folder folder;
  Journal journal{options(folder), {}};
  const std::string payload(60'000, 'x');
  append(journal, payload);  // creates the next segment
  const std::uint64_t next = journal.end().segment + 2;
  SECTION("an empty file is used") {
    const std::ofstream made{segment(journal, next)};
    while (journal.end().segment < next) append(journal, payload);
    CHECK(journal.trouble().empty());
  }
  SECTION("a file with something in it stays") {
    std::ofstream{segment(journal, next)} << "x";
    while (journal.end().segment <= next) append(journal, payload);
    CHECK(journal.trouble().empty());
    CHECK(fs::file_size(segment(journal, next)) == 1);
  }
#ifndef __SANITIZE_ADDRESS__  // UBSan opens a pipe to look at an exception
  SECTION("without a file descriptor to open the folder, the file is removed") {
    const int lowest_free = dup(0);
    close(lowest_free);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit no_more = before;
    no_more.rlim_cur = static_cast<rlim_t>(lowest_free);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &no_more) == 0);
    // The full segment gives its descriptor back: enough to create a file, not to open the folder.
    while (journal.end().segment + 1 < next) append(journal, payload);
    const bool left_behind = fs::exists(segment(journal, next));
    const std::string trouble = journal.trouble();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_FALSE(left_behind);
    CHECK(trouble.find("raise the limit on open files") != std::string::npos);
    CHECK(journal.trouble().empty());
    while (journal.end().segment < next) append(journal, payload);
  }
#endif
}

TEST_CASE("a backlog near its limit is trouble before the limit is reached, and heals") {
  const Folder folder;
  Journal journal{options(folder), {}};
  CHECK(journal.trouble().empty());
  const std::string payload(60'000, 'x');
  while (journal.backlog() < (1 << 20) - (1 << 17)) append(journal, payload);
  CHECK(journal.trouble().find("intake.max_backlog") != std::string::npos);
  journal.applied(journal.end());
  CHECK(journal.trouble().empty());
}

TEST_CASE("a second journal in the same folder is refused") {
  const Folder folder;
  const Journal journal{options(folder), {}};
  CHECK_THROWS_WITH((Journal{options(folder), {}}), Catch::Contains("another iotcardd"));
}

TEST_CASE("the error about a folder that cannot be created names the folder") {
  const JournalOptions nowhere{.dir = "/nonexistent/intake",
                               .client_id = "test",
                               .sync = {},
                               .max_backlog = 1 << 20,
                               .keep = {}};
  CHECK_THROWS_WITH((Journal{nowhere, {}}), Catch::Contains("/nonexistent/intake"));
}

TEST_CASE("the folder of another client id is refused") {
  const Folder folder;
  { const Journal journal{options(folder), {}}; }
  JournalOptions other = options(folder);
  other.client_id = "other";
  CHECK_THROWS_WITH((Journal{other, {}}),
                    Catch::Contains("\"test\"") && Catch::Contains("\"other\""));
  CHECK_NOTHROW(Journal{options(folder), {}});
}

TEST_CASE("a damaged client id is called damaged, and is shown without control characters") {
  const Folder folder;
  { const Journal journal{options(folder), {}}; }
  std::ofstream{folder.path / "intake" / "client_id"} << "te\x1b[31m\xff\n";
  std::string problem;
  try {
    const Journal journal{options(folder), {}};
  } catch (const JournalError& error) {
    problem = error.what();
  }
  CHECK(problem.find("damaged") != std::string::npos);
  CHECK(problem.find("te\\x1b[31m") != std::string::npos);
  CHECK(problem.find('\x1b') == std::string::npos);
  CHECK(problem.find('\xff') == std::string::npos);
}

TEST_CASE("the message about missing segments says what is known to be lost") {
  CHECK(describe({{7, 120}, 0, 1}, "/intake").find("all before its byte 120 was applied") !=
        std::string::npos);
  CHECK(
      describe({{7, 0}, 0, 1}, "/intake").find("segment 7 of the intake journal is missing; any") !=
      std::string::npos);
  CHECK(describe({{7, 0}, 0, 3}, "/intake").find("segments 7 to 9") != std::string::npos);
}

TEST_CASE("a missing segment is reported, also the one that is being read") {
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

TEST_CASE("a segment that is shorter than expected is read up to its end") {
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

TEST_CASE("from a container nobody is said to have left a journal that is in use outside") {
  const Folder folder;
  const Journal journal{options(folder), {}};
  const auto unknown = in_pid_namespace([&] { return !is_locked(journal.dir()).has_value(); });
  if (!unknown) {
    WARN("this user may not make a PID namespace");
    return;
  }
  CHECK(*unknown);
}

TEST_CASE("a program can see that a journal is in use without locking it") {
  const Folder folder;
  CHECK_FALSE(is_locked(folder.path / "intake").has_value());
  {
    const Journal journal{options(folder), {}};
    CHECK(is_locked(journal.dir()) == true);
  }
  const auto unlocked = lists_all_locks() ? std::optional{false} : std::nullopt;
  CHECK(is_locked(folder.path / "intake") == unlocked);
}
