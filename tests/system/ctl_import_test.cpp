// SPDX-License-Identifier: Apache-2.0
// card import as an operator runs it on a store that has cards: updates, dry runs, lists too long
// for memory, and imports that come to no good end. No daemon, no broker.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "store/store.h"
#include "support/wait.h"
#include "system/desk.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

// None of them ends in five zeros, which an import would not trust.
std::string rows(int from, int to, const std::string& rest) {
  std::string text;
  for (int i = from; i < to; ++i) text += "8986061706" + std::to_string(1'000'000'001 + i) + rest;
  return text;
}

// A list that comes bit by bit.
class SlowList {
 public:
  explicit SlowList(const std::string& path) {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    // For reading too, so that neither opening nor writing needs the other end.
    pipe_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(pipe_ >= 0);
  }
  ~SlowList() { close(pipe_); }
  SlowList(const SlowList&) = delete;
  SlowList& operator=(const SlowList&) = delete;

  // Returns once all but the last of it (64 KiB at most) has been read.
  void give(const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t count = write(pipe_, text.data() + done, text.size() - done);
      REQUIRE(count > 0);
      done += static_cast<std::size_t>(count);
    }
  }

 private:
  int pipe_ = -1;
};

std::unique_ptr<Process> start_import(const Desk& desk, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {IOTCARDCTL, "--store", desk.store, "card", "import"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(Process::Options{
      .command = command, .output = desk.dir.file("import"), .env = {}, .input = {}});
}

long peak_kib_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("a row that says what the store has is no mistake, and with --update cards are changed") {
  Desk desk;
  const std::string csv =
      "iccid,plan,platform,expires_at\n" + one + ",30 MB,1,2035-01-01\n" + two + ",30 MB,1,\n";
  CHECK(desk.run({"card", "import", "-"}, csv).out == "2 of 2 rows imported, 0 refused\n");
  const auto again = desk.run({"card", "import", "-"}, csv);
  CHECK(again.status == 0);
  CHECK(again.err.empty());
  CHECK(again.out == "0 of 2 rows imported, 2 unchanged, 0 refused\n");

  const std::string file = desk.dir.file("new.csv");
  write_file(file, "iccid,plan,platform,expires_at\n" + one + ",1 GB,2,\n" + two +
                       ",30 MB,1,\n89860002122334455667,,,\n");
  const auto would = desk.run({"card", "import", "--update", "--dry-run", file});
  CHECK(would.status == 0);
  CHECK(has(would.out, one + ": platform 1 -> 2\n" + one + ": plan \"30 MB\" -> \"1 GB\"\n"));
  CHECK(has(
      would.out,
      "dry run, nothing stored: 2 of 3 rows would be imported (1 added, 1 updated), 1 unchanged"));
  CHECK(desk.json({"card", "list"}).Size() == 2);
  const auto cleared =
      desk.json({"card", "import", "--update", "--clear-empty", "--dry-run", file});
  const auto& fields = cleared["changes"][0]["fields"];
  CHECK(std::string{fields[2]["field"].GetString()} == "expires_at");
  CHECK(std::string{fields[2]["before"].GetString()} == "2035-01-01T00:00:00.000Z");
  CHECK(fields[2]["after"].IsNull());

  const auto done = desk.json({"card", "import", "--update", file});
  CHECK(done["imported"].GetInt() == 2);
  CHECK(done["added"].GetInt() == 1);
  CHECK(done["updated"].GetInt() == 1);
  CHECK(done["unchanged"].GetInt() == 1);
  CHECK_FALSE(done["dry_run"].GetBool());
  CHECK(std::string{desk.json({"card", "show", one})["expires_at"].GetString()} ==
        "2035-01-01T00:00:00.000Z");
  CHECK(desk.run({"card", "import", "--clear-empty", file}).status == 2);
}

TEST_CASE("a dry run tells of twenty cards and how many more there are") {
  Desk desk;
  desk.run({"card", "import", "-"}, "iccid,plan\n" + rows(0, 25, ",A\n"));
  const auto would = desk.run({"card", "import", "--update", "--dry-run", "-"},
                              "iccid,plan\n" + rows(0, 25, ",B\n"));
  CHECK(std::count(would.out.begin(), would.out.end(), '>') == 20);
  CHECK(has(would.out, "… and 5 more cards\n"));
}

TEST_CASE("an import names the first hundred rows that it refuses, and counts the others") {
  Desk desk;
  std::string csv = "iccid,plan\n";
  for (int i = 0; i < 103; ++i) csv += "8986X,A\n";
  const auto refused = desk.run({"card", "import", "-"}, csv);
  CHECK(refused.status == 1);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 101);
  CHECK(has(refused.err, "input:101: iccid \"8986X\""));
  CHECK(has(refused.err, "\n… and 3 more rows were refused\n"));
  CHECK(has(refused.out, "0 of 103 rows imported, 103 refused"));
}

TEST_CASE("two thousand rows of cards that are stored with other values are one line") {
  Desk desk;
  desk.run({"card", "import", "-"}, "iccid,plan\n" + rows(0, 2000, ",A\n"));
  const std::string csv = "iccid,plan\n" + rows(0, 2000, ",B\n") + "8986X,B\n";
  const auto refused = desk.run({"card", "import", "-"}, csv);
  CHECK(refused.status == 1);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 2);
  CHECK(has(refused.err, "standard input:2002: iccid \"8986X\""));
  CHECK(has(refused.err,
            "2000 rows are each of a card that is in the store already, with other values (lines "
            "2, 3, 4, "));
  CHECK(has(refused.err, " …); --update changes them\n"));
  CHECK(has(refused.out, "0 of 2001 rows imported, 2001 refused"));
  const std::string file = desk.dir.file("list.csv");
  write_file(file, csv);
  const auto told = desk.json({"card", "import", file});
  CHECK(told["stored_before"].GetInt() == 2000);
  CHECK(told["problems"].Size() == 100);
  CHECK(told["problems"][0]["line"].GetInt() == 2);
  CHECK(has(told["problems"][0]["reason"].GetString(), "is in the store already"));
  // A row that is wrong is named, whatever comes before it.
  CHECK(told["problems"][99]["line"].GetInt() == 2002);
}

TEST_CASE("a dry run speaks of what would be") {
  Desk desk;
  const auto would = desk.run({"card", "import", "--dry-run", "-"},
                              "iccid,product,device\n" + one + ",1,D1\n8986X,,\n");
  CHECK(
      has(would.out,
          "dry run, nothing stored: 1 of 2 rows would be imported, 1 would be refused, 1 would be "
          "bound to a device\n"));
}

TEST_CASE("a strict import takes all rows or none") {
  Desk desk;
  desk.run({"card", "add", one, "plan=A"});
  // The one row cannot be read, the other is refused when it is applied.
  for (const std::string& bad : {std::string{"8986X,B\n"}, one + ",B\n"}) {
    CAPTURE(bad);
    const std::string csv = "iccid,plan\n" + rows(0, 50, ",A\n") + bad;
    const auto refused = desk.run({"card", "import", "--strict", "-"}, csv);
    CHECK(refused.status == 1);
    CHECK(refused.out == "0 of 51 rows imported, 1 refused, so nothing is imported (--strict)\n");
    CHECK(desk.json({"card", "list"}).Size() == 1);
    CHECK(open_store(desk.store)->imports().empty());
  }
  const auto good =
      desk.run({"card", "import", "--strict", "-"}, "iccid,plan\n" + rows(0, 50, ",A\n"));
  CHECK(good.status == 0);
  CHECK(good.out == "50 of 50 rows imported, 0 refused\n");
}

TEST_CASE("every refused row is in the file of rejects, beyond the first hundred") {
  Desk desk;
  const std::string file = desk.dir.file("rejects.csv");
  std::string csv = "iccid,plan\n" + one + ",A\n";
  for (int i = 0; i < 150; ++i) csv += "8986X,A\n";
  CHECK(desk.run({"card", "import", "--rejects", file, "-"}, csv).status == 1);
  const std::string rejects = read_file(file);
  CHECK(rejects.starts_with("line,reason\r\n3,\"iccid \"\"8986X\"\""));
  CHECK(std::count(rejects.begin(), rejects.end(), '\n') == 151);
  CHECK(has(rejects, "\n152,"));
  CHECK(desk.run({"card", "import", "--rejects", file, "-"}, "iccid\n" + one + "\n").status == 0);
  CHECK(read_file(file) == "line,reason\r\n");
  const auto nowhere =
      desk.run({"card", "import", "--rejects", desk.dir.file("no/x.csv"), "-"}, csv);
  CHECK(nowhere.status == 1);
  CHECK(has(nowhere.err, "there is no folder " + desk.dir.file("no")));
}

TEST_CASE("an ICCID that ends in five zeros is a spreadsheet's only if its check digit is wrong") {
  Desk desk;
  const std::string genuine = "89860429362000400000";
  CHECK(desk.run({"card", "import", "-"}, "iccid\n" + genuine + "\n").status == 0);
  const auto cut = desk.run({"card", "import", "-"}, "iccid\n89860429362000000000\n");
  CHECK(cut.status == 1);
  CHECK(has(cut.err, "a spreadsheet cut this ICCID to 15 digits"));
}

TEST_CASE("the export of a store changes nothing in it") {
  Desk desk;
  desk.run({"card", "import", IOTCARD_SOURCE_DIR "/examples/cards.csv"});
  desk.run({"bind", "1/D1", one});
  const std::string csv = desk.run({"card", "export"}).out;
  const auto again = desk.run({"card", "import", "--update", "-"}, csv);
  CHECK(again.out == "0 of 5 rows imported (0 added, 0 updated), 5 unchanged, 0 refused\n");
  CHECK(desk.run({"card", "export"}).out == csv);
}

TEST_CASE("times are of the zone that is said, and what could be two dates is refused") {
  Desk desk;
  const std::string csv = "iccid,expires_at\n" + one + ",2026年11月23日\n" + two + ",03/04/2026\n";
  const auto imported = desk.run({"card", "import", "--zone", "+08:00", "-"}, csv);
  CHECK(imported.status == 1);
  CHECK(has(imported.err, "standard input:3: expires_at \"03/04/2026\""));
  CHECK(has(imported.err, "2026-01-12 or 12.01.2026"));
  CHECK(std::string{desk.json({"card", "show", one})["expires_at"].GetString()} ==
        "2026-11-22T16:00:00.000Z");
  desk.run({"card", "set", one, "expires_at=2026-11-23 20:51", "--zone", "-03:00"});
  CHECK(std::string{desk.json({"card", "show", one})["expires_at"].GetString()} ==
        "2026-11-23T23:51:00.000Z");
  const auto place = desk.run({"card", "import", "--zone", "Asia/Shanghai", "-"}, csv);
  CHECK(place.status == 2);
  CHECK(has(place.err, "Asia/Shanghai"));
  CHECK(has(place.err, "such as +08:00"));
}

TEST_CASE("wrong Luhn digits are one line of warning and refuse nothing") {
  Desk desk;
  const auto imported = desk.run({"card", "import", "-"}, "iccid\n" + rows(0, 50, "\n"));
  CHECK(imported.status == 0);
  CHECK(std::count(imported.err.begin(), imported.err.end(), '\n') == 1);
  CHECK(has(imported.err, "warning: the Luhn digit of 45 ICCIDs is wrong: 8986061706"));
  CHECK(has(imported.err, " …."));
}

TEST_CASE("an import that is killed, or interrupted, half way leaves nothing behind") {
  Desk desk;
  const std::string first = rows(0, 1, ",A\n");
  desk.run({"card", "import", "-"}, "iccid,plan\n" + first);
  const std::string before = desk.run({"card", "export"}).out;
  const std::string file = desk.dir.file("list.csv");
  SlowList list{file};

  auto import = start_import(desk, {"--update", file});
  list.give("iccid,plan\n" + rows(0, 30'000, ",B\n"));  // more than the store keeps in memory
  import->kill();
  CHECK(open_store(desk.store)->imports().size() == 1);
  CHECK(desk.run({"card", "export"}).out == before);
  CHECK(open_store(desk.store)->find_damage(true).empty());
  CHECK(open_store(desk.store)->imports().size() == 1);  // what only reads leaves it
  desk.run({"unbind", "1/D"});
  CHECK(open_store(desk.store)->imports().empty());

  std::filesystem::remove(file);
  SlowList other{file};
  import = start_import(desk, {"--update", file});
  other.give("iccid,plan\n" + rows(0, 10'000, ",B\n"));
  import->signal(SIGINT);
  other.give(rows(10'000, 10'100, ",B\n"));
  CHECK(import->wait() == 1);
  CHECK(has(import->err(), "interrupted; nothing is imported"));
  CHECK(desk.run({"card", "export"}).out == before);
  CHECK(desk.run({"card", "import", "--update", "-"}, "iccid,plan\n" + rows(0, 3, ",B\n")).out ==
        "3 of 3 rows imported (2 added, 1 updated), 0 unchanged, 0 refused\n");
}

TEST_CASE(
    "an import that is killed while its rows are applied is finished by the next one that writes") {
  constexpr int count = 40'000;
  Desk desk;
  const std::string file = desk.dir.file("list.csv");
  write_file(file, "iccid,plan\n" + rows(0, count, ",A\n"));
  desk.run({"card", "import", "-"}, "iccid\n" + two + "\n");
  const auto watcher = open_store(desk.store);
  auto import = start_import(desk, {file});
  REQUIRE(eventually([&] { return watcher->count_cards({}) > 1000; }));
  import->kill();
  const std::int64_t cards = watcher->count_cards({});
  REQUIRE(cards < count);
  REQUIRE(watcher->imports().size() == 1);
  CHECK(watcher->imports()[0].complete);

  const auto list = desk.run({"card", "list", "--limit", "1"});
  CHECK(list.status == 0);
  CHECK(watcher->imports().size() == 1);
  CHECK(desk.run({"card", "import", "--dry-run", "-"}, "iccid\n").status == 0);
  CHECK(watcher->imports().size() == 1);
  const auto next = desk.run({"card", "set", two, "note=x"});
  CHECK(next.status == 0);
  CHECK(has(next.err, "an import of another process had ended half way"));
  CHECK(watcher->count_cards({}) == count + 1);
  CHECK(watcher->imports().empty());
  CHECK(watcher->find_damage(true).empty());
}

TEST_CASE("an import into a disk that is too small leaves the store as it was, and says so") {
  if (!may_mount()) return;
  TempDir dir;
  SmallDisk disk{dir.file("disk"), 8 << 20};
  Desk desk;
  desk.store = "sqlite:" + disk.file("cards.db");
  desk.run({"card", "import", "-"}, "iccid,plan\n" + rows(0, 1, ",A\n"));
  const std::string before = desk.run({"card", "export"}).out;
  const auto full =
      desk.run({"card", "import", "--update", "-"},
               "iccid,plan,note\n" + rows(0, 60'000, ",B,\"some words of a note\"\n"));
  CHECK(full.status == 1);
  CHECK(has(full.err, "Free some space on its disk"));
  CHECK(desk.run({"card", "export"}).out == before);
}

TEST_CASE("an import takes little more memory than its page cache, however long the list") {
  Desk desk;
  const std::string rest = ",30 MB,China Mobile,active,1048576,31457280,2035-06-30,a note of it\n";
  const std::string file = desk.dir.file("list.csv");
  const auto import = [&](int from, int to, std::vector<std::string> arguments) {
    write_file(file, "iccid,plan,operator,status,used_bytes,limit_bytes,expires_at,note\n" +
                         rows(from, to, rest));
    arguments.push_back(file);
    REQUIRE(start_import(desk, arguments)->wait(std::chrono::minutes{4}) == 0);
    return peak_kib_of_children();
  };
  constexpr long limit_kib = 160 * 1024;  // 96 MiB of them are the cache of the only user
  const long longer = import(200'000, 299'999, {});
  const long updated = import(200'000, 299'999, {"--update", "--clear-empty"});
  CAPTURE(longer, updated);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep what was freed
  CHECK(updated < limit_kib);
#endif
}
