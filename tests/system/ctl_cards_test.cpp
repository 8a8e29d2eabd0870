// SPDX-License-Identifier: Apache-2.0
// The verbs that work on the store alone, as an operator runs them; no daemon, no broker.
#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>

#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

}  // namespace

TEST_CASE("the sample cards can be imported, listed and shown") {
  Desk desk;
  const auto imported = desk.run({"card", "import", IOTCARD_SOURCE_DIR "/examples/cards.csv"});
  CHECK(imported.status == 0);
  CHECK(imported.out == "5 of 5 rows imported, 0 refused\n");

  CHECK(desk.json({"card", "list"}).Size() == 5);
  CHECK(desk.json({"card", "list", "--limit", "2"}).Size() == 2);
  CHECK(desk.json({"card", "list", "--status", "suspended"}).Size() == 1);
  CHECK(desk.json({"card", "list", "--prefix", "898602"}).Size() == 1);
  CHECK(desk.json({"card", "list", "--bound"}).Size() == 0);
  const auto card = desk.json({"card", "show", "898604293620c0000970"});
  CHECK(std::string{card["iccid"].GetString()} == one);
  CHECK(card["platform"].GetInt() == 1);
  CHECK(std::string{card["status"].GetString()} == "active");
  CHECK(card["bindings"].Empty());
  CHECK(has(desk.run({"card", "list"}).out, one + "  1         active"));
}

TEST_CASE("import names file, line and reason of each bad row on standard error, and fails") {
  Desk desk;
  const std::string file = desk.dir.file("bad.csv");
  write_file(file, "iccid,note\n" + one + ",good\n8.98604E+19,\n89860429362000000000,\n");
  const auto result = desk.run({"card", "import", file});
  CHECK(result.status == 1);
  CHECK(has(result.err, file + ":3: "));
  CHECK(has(result.err, file + ":4: "));
  CHECK(result.out == "1 of 3 rows imported, 2 refused\n");
  CHECK(desk.json({"card", "import", "--trust-zeros", file})["imported"].GetInt() == 1);
}

TEST_CASE("an export goes to standard output or to a file, and an import reads it back") {
  Desk desk;
  desk.run({"card", "import", IOTCARD_SOURCE_DIR "/examples/cards.csv"});
  desk.run({"card", "set", one, "note==cmd|' /C calc'!A0", "remaining_bytes=-5"});
  desk.run({"bind", "1/=D1", one});
  const std::string csv = desk.run({"card", "export"}).out;
  CHECK(has(csv, ",-5,"));
  CHECK(has(csv, "'=cmd|"));
  CHECK(has(csv, ",1,'=D1\n"));
  CHECK(desk.run({"card", "export", "-"}).out == csv);
  const std::string file = desk.dir.file("cards.csv");
  CHECK(desk.run({"card", "export", file}).out == "5 cards exported to " + file + "\n");
  CHECK(read_file(file) == csv);

  Desk other;
  CHECK(other.run({"card", "import", file}).out ==
        "5 of 5 rows imported, 0 refused, 1 bound to a device\n");
  CHECK(other.run({"card", "export"}).out == csv);

  CHECK(desk.json({"card", "export"}).Size() == 5);
  CHECK(desk.json({"card", "export", file})["exported"].GetInt() == 5);
  rapidjson::Document array;
  array.Parse(read_file(file).c_str());
  REQUIRE(array.IsArray());
  CHECK(std::string{array[0]["iccid"].GetString()} == "8944476500008878576");
}

TEST_CASE("an export that fails leaves the file that was there, and no other") {
  Desk desk;
  std::string cards = "iccid\n";
  for (int i = 1000; i < 3000; ++i) cards += "898606170600652" + std::to_string(i) + "\n";
  REQUIRE(desk.run({"card", "import", "-"}, cards).status == 0);
  const std::string folder = desk.dir.file("exports");
  std::filesystem::create_directory(folder);
  const std::string file = folder + "/cards.csv";
  const std::string link = folder + "/link.csv";
  write_file(file, "of yesterday");
  std::filesystem::permissions(file, std::filesystem::perms{0640});
  std::filesystem::create_symlink("cards.csv", link);
  // The disk takes 128 KiB of a file, as if it were full then.
  Process full{{.command = {"bash", "-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "bash",
                            IOTCARDCTL, "--store", desk.store, "card", "export", file},
                .output = desk.dir.file("full"),
                .env = {},
                .input = {}}};
  CHECK(full.wait() == 1);
  CHECK(has(full.err(), "cannot write " + file + ": File too large"));
  CHECK(read_file(file) == "of yesterday");
  const auto files = [&] {
    const std::filesystem::directory_iterator all{folder};
    return std::distance(begin(all), end(all));
  };
  CHECK(files() == 2);
  CHECK(desk.run({"card", "export", desk.dir.file("none/cards.csv")}).status == 1);

  CHECK(desk.run({"card", "export", link}).status == 0);
  CHECK(std::filesystem::is_symlink(link));
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms{0640});
  const std::string whole = read_file(file);
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 2001);
  CHECK(files() == 2);
}

TEST_CASE("a dry run of an import creates no store") {
  Desk desk;
  const auto result = desk.run({"card", "import", "--dry-run", "-"}, "iccid\n" + one + "\n");
  CHECK(result.status == 0);
  CHECK(has(result.out, "1 of 1 rows would be imported"));
  CHECK_FALSE(std::filesystem::exists(desk.dir.file("cards.db")));
}

TEST_CASE("a verb that only reads creates no store and says what to do") {
  Desk desk;
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"card", "list"}, {"status"}, {"mismatch", "list"}}) {
    const auto result = desk.run(verb);
    CHECK(result.status == 1);
    CHECK(has(result.err, "card import"));
  }
  CHECK_FALSE(std::filesystem::exists(desk.dir.file("cards.db")));
}

TEST_CASE("a card is added, changed and removed by hand") {
  Desk desk;
  CHECK(desk.run({"card", "add", one, "platform=1", "note=by hand"}).status == 0);
  CHECK(desk.run({"card", "add", one}).status == 1);
  CHECK(desk.run({"card", "set", one, "status=suspended"}).status == 0);
  CHECK(desk.run({"card", "set", one, "status=sleepy"}).status == 2);
  CHECK(std::string{desk.json({"card", "show", one})["abnormal"][0].GetString()} == "suspended");
  CHECK(desk.run({"card", "remove", one}).status == 0);
  CHECK(desk.run({"card", "show", one}).status == 1);
}

TEST_CASE("bind and unbind print the bindings that they ended") {
  Desk desk;
  desk.run({"card", "add", one});
  desk.run({"card", "add", two});
  CHECK(desk.run({"bind", "1/D1", one}).status == 0);
  const auto taken = desk.run({"bind", "1/D2", one});
  CHECK(taken.status == 1);
  CHECK(has(taken.err, "1/D1"));
  CHECK(has(desk.run({"bind", "1/D2", one, "--force"}).out, "released: card " + one));
  const auto devices = desk.json({"device", "list"});
  REQUIRE(devices.Size() == 2);
  CHECK(devices[0]["iccid"].IsNull());
  CHECK(std::string{devices[1]["iccid"].GetString()} == one);
  CHECK(desk.json({"device", "show", "1/D1"})["bindings"].Size() == 1);
  CHECK(desk.run({"unbind", one}).status == 0);
  CHECK(desk.run({"unbind", "1/D2"}).status == 1);
  CHECK(desk.run({"bind", "D2", one}).status == 2);
}

TEST_CASE("wrong usage is exit status 2, a wrong configuration 3") {
  Desk desk;
  CHECK(desk.run({}).status == 0);  // help
  CHECK(desk.run({"card"}).status == 0);
  const auto mistyped = desk.run({"card", "lst"});
  CHECK(mistyped.status == 2);
  CHECK(has(mistyped.err, "\"lst\""));
  CHECK(desk.run({"card", "list", "--status", "sleepy"}).status == 2);
  CHECK(desk.run({"card", "list", "--help"}).status == 0);
  CHECK(desk.run({"--version"}).status == 0);
  const std::string config = desk.dir.file("bad.toml");
  write_file(config, "[brokr]\n");
  CHECK(ctl(desk.dir, {"card", "list", "--config", config}).status == 3);
}
