// SPDX-License-Identifier: Apache-2.0
// card import of other people's lists: each mapping of examples/lists over its sample, and what an
// operator sees of how a list is read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "csv/card_csv.h"
#include "domain/card_fields.h"
#include "system/desk.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

const fs::path lists = IOTCARD_SOURCE_DIR "/examples/lists";
const fs::path expected_cards = IOTCARD_SOURCE_DIR "/tests/data/lists";

std::vector<std::string> mappings() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{lists}) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

std::string sample_of(const std::string& mapping) {
  for (const auto& entry : fs::directory_iterator{lists}) {
    const fs::path& path = entry.path();
    if (path.stem() == mapping && path.extension() != ".toml") return path.string();
  }
  FAIL("no sample of " << mapping);
  return "";
}

std::string text_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// The exported cards, a line for each with the fields that have a value: "898… imsi=…".
std::string exported(Desk& desk) {
  std::istringstream csv{desk.run({"card", "export"}).out};
  CardCsv rows{csv};
  std::string text;
  while (const auto row = rows.next()) {
    const Card& card = std::get<CardRow>(*row).card;
    text += card.iccid.text();
    for (const CardField* field : std::get<CardRow>(*row).given) {
      text.append(" ").append(field->name).append("=").append(field->get(card));
    }
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("each mapping of the examples reads its sample, and the exported cards are right") {
  const std::vector<std::string> names = mappings();
  CHECK(names.size() >= 14);
  for (const std::string& name : names) {
    Desk desk;
    CAPTURE(name);
    const auto told = desk.json(
        {"card", "import", "--map", (lists / (name + ".toml")).string(), sample_of(name)});
    CHECK(told["refused"].GetInt() == 0);
    CHECK(told["luhn_invalid"].GetInt() == 0);
    CHECK(exported(desk) == text_of(expected_cards / (name + ".txt")));
  }
}

TEST_CASE("a dry run shows how a list is read") {
  Desk desk;
  const auto shown = desk.run({"card", "import", "--dry-run", "--map",
                               (lists / "onelink.toml").string(), sample_of("onelink")});
  CHECK(shown.status == 0);
  for (const char* part :
       {"encoding", "gb18030", "delimiter", "comma", "header", "line 3", "from 卡号",
        "always China Mobile", "not used", "序号", "not in this list", "status_reason",
        "1 row passed over (line 8)", "first card", "imsi 460040000001101",
        "dry run, nothing stored: 4 of 4 rows would be imported, 0 would be refused, 1 row passed "
        "over"}) {
    CAPTURE(part);
    CHECK(has(shown.out, part));
  }
  const auto told = desk.json({"card", "import", "--dry-run", "--map",
                               (lists / "onelink.toml").string(), sample_of("onelink")});
  const auto& list = told["list"];
  CHECK(std::string{list["encoding"].GetString()} == "gb18030");
  CHECK(std::string{list["delimiter"].GetString()} == ",");
  CHECK(list["header_line"].GetInt() == 3);
  CHECK(std::string{list["columns"][0]["column"].GetString()} == "ICCID");
  CHECK(std::string{list["columns"][0]["field"].GetString()} == "iccid");
  CHECK(std::string{list["constants"][0]["value"].GetString()} == "China Mobile");
  CHECK(list["unused"].Size() == 1);
  CHECK(std::string{list["missing"][0].GetString()} == "status_reason");
  CHECK(list["passed_over"].GetInt() == 1);
  CHECK(list["passed_lines"][0].GetInt() == 8);
  CHECK(std::string{list["first"]["imsi"].GetString()} == "460040000001101");
}

TEST_CASE("a list in an encoding that is not certain is refused with what to write") {
  Desk desk;
  const std::string file = desk.dir.file("list.csv");
  write_file(file, "ICCID,\xBF\xA8\xBA\xC5\n89860429360000554339,1064800000001\n");
  const std::string mapping = desk.dir.file("own.toml");
  write_file(mapping, "[columns]\niccid = \"ICCID\"\naccess_number = \"卡号\"\n");
  const auto refused = desk.run({"card", "import", "--map", mapping, file});
  CHECK(refused.status == 1);
  CHECK(has(refused.err, file + ": line 1 is not UTF-8; it fits gb18030"));
  const auto done = desk.run({"card", "import", "--map", mapping, "--encoding", "gbk", file});
  CHECK(done.status == 0);
  CHECK(exported(desk) ==
        "89860429360000554339 access_number=1064800000001 status=unknown "
        "network=unknown usage_scope=card\n");
}

TEST_CASE("each row of a mapped list that is not taken is named with its line") {
  Desk desk;
  const std::string mapping = desk.dir.file("own.toml");
  write_file(
      mapping,
      "[columns]\niccid = \"ICCID\"\nstatus = \"State\"\n[values.status]\non = \"active\"\n");
  const auto run = desk.run({"card", "import", "--map", mapping, "-"},
                            "ICCID;State\n89860429360000554339;on\n123;on\n"
                            "89860617060065258667;off\n");
  CHECK(run.status == 1);
  CHECK(has(run.err, "standard input:3: iccid \"123\""));
  CHECK(has(run.err, "standard input:4: status \"off\": expected a word of [values.status]"));
}

TEST_CASE("a mapping that is wrong or not there stops the import before it begins") {
  Desk desk;
  const std::string mapping = desk.dir.file("own.toml");
  write_file(mapping, "[columns]\niccid = \"ICCID\"\nimsy = \"IMSI\"\n");
  const auto wrong = desk.run({"card", "import", "--map", mapping, "-"}, "ICCID\n");
  CHECK(wrong.status == 2);
  CHECK(has(wrong.err, mapping + ":3: columns.imsy: unknown key, did you mean \"imsi\"?"));
  CHECK(desk.run({"card", "import", "--map", "nobody", "-"}, "ICCID\n").status == 2);
  CHECK(desk.run({"card", "import", "--encoding", "klingon", "-"}, "ICCID\n").status == 2);
}

TEST_CASE("a card is one card in both of its spellings, whichever verb adds it") {
  Desk desk;
  const std::string shorter = "8988303010000000016";
  const std::string longer = "89883030100000000164";
  const auto both = desk.run({"card", "import", "-"}, "iccid\n" + shorter + "\n" + longer + "\n");
  CHECK(both.status == 1);
  CHECK(has(both.out, "1 of 2 rows imported"));
  CHECK(has(both.err, "standard input:3: card " + longer + " is in line 2 of this file too"));
  const auto again = desk.run({"card", "import", "-"}, "iccid\n" + longer + "\n");
  CHECK(again.status == 1);
  CHECK(has(again.err, "card " + longer + " is in the store already as " + shorter));
  const auto added = desk.run({"card", "add", longer});
  CHECK(added.status == 1);
  CHECK(has(added.err, "in the store already as " + shorter + ", its spelling with 19 characters"));
  CHECK(desk.run({"card", "import", "--update", "-"}, "iccid,plan\n" + longer + ",A\n").status ==
        0);
  CHECK(exported(desk) == shorter + " plan=A status=unknown network=unknown usage_scope=card\n");
}
