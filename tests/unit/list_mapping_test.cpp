// SPDX-License-Identifier: Apache-2.0
// What a mapping may say, and how a list is read with it.
#include "csv/list_mapping.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "csv/card_csv.h"

namespace iotcard {
namespace {

using Catch::Contains;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::string card_one = "8988303010000000016";
const std::string card_two = "8988303010000000024";

std::string mistakes_of(const std::string& toml) {
  const auto mapping = read_list_mapping(toml, "m.toml");
  const auto* problem = std::get_if<Problem>(&mapping);
  return problem == nullptr ? "" : problem->text;
}

struct Reading {
  std::string header_problem;
  std::vector<Card> cards{};
  std::vector<std::string> problems{};  // "line: reason"
  std::vector<std::optional<DeviceKey>> devices{};
  ListReading list{};
};

Reading read(const std::string& toml, const std::string& text, CardCsvOptions options = {}) {
  auto mapping = read_list_mapping(toml, "m.toml");
  if (const auto* problem = std::get_if<Problem>(&mapping)) FAIL(problem->text);
  options.mapping = &std::get<ListMapping>(mapping);
  std::istringstream in{text};
  CardCsv csv{in, options};
  Reading reading{csv.header_problem().value_or(Problem{}).text};
  while (auto row = csv.next()) {
    if (auto* card = std::get_if<CardRow>(&*row)) {
      reading.cards.push_back(card->card);
      reading.devices.push_back(card->device);
    } else {
      const auto& problem = std::get<RowProblem>(*row);
      reading.problems.push_back(std::to_string(problem.line) + ": " + problem.reason);
    }
  }
  reading.list = csv.reading();
  return reading;
}

const std::string iccid_only = "[columns]\niccid = \"ICCID\"\n";

}  // namespace

TEST_CASE("a mistake in a mapping is named by file, line and key") {
  struct Mistake {
    const char* toml;
    const char* text;
  };
  const auto [toml, text] = GENERATE(values<Mistake>({
      {"", "m.toml:1: columns: expected: a section that says which column is the iccid"},
      {"[columns]\n", "m.toml:1: columns.iccid: expected: the column of the ICCID"},
      {"[columns]\niccid = 1.5\n", "m.toml:2: columns.iccid: expected a text in quotes"},
      {"[columns]\niccid = 0\n", "m.toml:2: columns.iccid: expected a whole number from 1"},
      {"[columns]\niccid = \"I\"\nimsy = \"J\"\n",
       "m.toml:3: columns.imsy: unknown key, did you mean \"imsi\"?"},
      {"[columns]\niccid = \"I\"\ncreated_at = \"C\"\n", "m.toml:3: columns.created_at: unknown"},
      {"[columns]\niccid = \"I\"\ndevice = \"D\"\n",
       "m.toml:1: columns: expected product and device, or neither"},
      {"[file]\nencoding = \"klingon\"\n[columns]\niccid = \"I\"\n",
       "m.toml:2: file.encoding: expected one of utf-8"},
      {"[file]\ndelimiter = \"ab\"\n[columns]\niccid = \"I\"\n",
       "m.toml:2: file.delimiter: expected one of"},
      {"[file]\nskip_lines = 1\nheader_has = \"I\"\n[columns]\niccid = \"I\"\n",
       "m.toml:2: file.skip_lines: expected one of skip_lines, after_line and header_has"},
      {"[file]\nheader = false\n[columns]\niccid = \"I\"\n",
       "m.toml:4: columns.iccid: expected the number of a column"},
      {"[columns]\niccid = \"I\"\nplan = \"P\"\n[constants]\nplan = \"A\"\n",
       "m.toml:5: constants.plan: expected a field that has no column"},
      {"[columns]\niccid = \"I\"\n[constants]\nplatform = -3\n",
       "m.toml:4: constants.platform: expected a platform's number"},
      {"[columns]\niccid = \"I\"\nstatus = \"S\"\n[values.status]\non = \"actve\"\n",
       "m.toml:5: values.status.on: expected one of unknown inventory"},
      {"[columns]\niccid = \"I\"\n[values.status]\non = \"active\"\n",
       "m.toml:3: values.status: expected a field that has a column"},
      {"[columns]\niccid = \"I\"\nused_bytes = \"U\"\n[units]\nused_bytes = \"furlong\"\n",
       "m.toml:5: units.used_bytes: expected a unit"},
      {"[columns]\niccid = \"I\"\nplan = \"P\"\n[units]\nplan = \"MB\"\n",
       "m.toml:5: units.plan: unknown key"},
      {"[columns]\niccid = \"I\"\n[times]\nzone = \"Mars\"\n",
       "m.toml:4: times.zone: expected UTC"},
      {"[columns]\niccid = \"I\"\n[times]\norder = \"random\"\n",
       "m.toml:4: times.order: expected one of \"unknown\", \"day-first\", \"month-first\""},
      {"[columns]\niccid = \"I\"\n[numbers]\ndecimal = \"comma\"\n",
       "m.toml:4: numbers.decimal: expected \",\" or \".\", what is before a fraction"},
      {"[columns\n", "m.toml:1: "},
      {"colour = \"red\"\n[columns]\niccid = \"I\"\n", "m.toml:1: colour: unknown key"},
  }));
  CAPTURE(toml);
  CHECK_THAT(mistakes_of(toml), Contains(text));
}

TEST_CASE("columns of a list become fields by the names in its mapping") {
  const Reading reading = read(
      "[columns]\niccid = \"IDENTIFIER\"\nmsisdn = [\"Mobile\", \"MOBILE NUMBER\"]\nimsi = 3\n",
      "identifier;Mobile_Number;NETWORK IDENTIFIER;IP\n" + card_one +
          ";+33600000001;208150000000001;10.0.0.1\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].iccid.text() == card_one);
  CHECK(reading.cards[0].msisdn == "33600000001");
  CHECK(reading.cards[0].imsi == "208150000000001");
  CHECK(reading.list.columns == Pairs{{"identifier", "iccid"},
                                      {"NETWORK IDENTIFIER", "imsi"},
                                      {"Mobile_Number", "msisdn"}});
  CHECK(reading.list.unused == std::vector<std::string>{"IP"});
  CHECK(reading.list.missing.empty());
}

TEST_CASE("the first name that the list has counts, and a missing column is told") {
  const Reading reading = read("[columns]\niccid = [\"ICCID\", \"NUMCARD\"]\nimsi = \"IMSI\"\n",
                               "NUMCARD,ICCID\n1," + card_one + "\n");
  CHECK(reading.cards.size() == 1);
  CHECK(reading.list.missing == std::vector<std::string>{"imsi"});
  CHECK(read(iccid_only, "NUMCARD,IMSI\n1,2\n").header_problem ==
        "there is no column \"ICCID\" (iccid in the mapping); the columns are \"NUMCARD\", "
        "\"IMSI\"");
  CHECK(read(iccid_only, "ICCID,ICCID\n1,2\n").header_problem ==
        "the column ICCID stands there twice");
  CHECK(read(iccid_only, "ICCID,a,a\n" + card_one + ",2,3\n").cards.size() == 1);
}

TEST_CASE("words mean what the mapping says, and another word is an error of its row") {
  const std::string toml =
      "[rows]\nempty = [\"-\"]\n[columns]\niccid = \"ICCID\"\nstatus = \"State\"\nraw_status = "
      "\"State\"\n[values.status]\n\"Activated\" = \"active\"\n\"停机\" = \"suspended\"\n";
  const std::string list = "ICCID,State\n" + card_one + ", ACTIVATED\n" + card_two +
                           ",停机\n8988303010000000032,lost\n8988303010000000040,-\n";
  const Reading strict = read(toml, list);
  REQUIRE(strict.cards.size() == 3);
  CHECK(strict.cards[0].status == CardStatus::active);
  CHECK(strict.cards[0].raw_status == "ACTIVATED");
  CHECK(strict.cards[1].status == CardStatus::suspended);
  CHECK(strict.cards[2].status == CardStatus::unknown);
  REQUIRE(strict.problems.size() == 1);
  CHECK_THAT(strict.problems[0],
             Contains("4: status \"lost\": expected a word of [values.status]"));
  const Reading lax = read(toml + "otherwise = \"unknown\"\n", list);
  CHECK(lax.problems.empty());
  CHECK(lax.cards.size() == 4);
}

TEST_CASE("bytes, times, constants and devices are read as the mapping says") {
  const Reading reading = read(
      "[columns]\niccid = \"ICCID\"\nused_bytes = \"MB\"\nlimit_bytes = \"GB\"\nexpires_at = "
      "\"End\"\ndevice = \"Meter\"\n[constants]\nplatform = 3\nproduct = \"meter\"\n[units]\n"
      "used_bytes = \"MB\"\nlimit_bytes = \"GiB\"\n[times]\nzone = \"+08:00\"\norder = "
      "\"day-first\"\n",
      "ICCID,MB,GB,End,Meter\n" + card_one + ",12.5,1,03/04/2026,D1\n" + card_two +
          ",5 GB,,\"3 Apr 2026\",\n");
  REQUIRE(reading.cards.size() == 2);
  CHECK(reading.problems.empty());
  CHECK(reading.cards[0].used_bytes == 12'500'000);
  CHECK(reading.cards[0].limit_bytes == std::int64_t{1} << 30);
  CHECK(reading.cards[0].expires_at == parse_time("2026-04-02T16:00:00Z"));
  CHECK(reading.cards[0].platform == 3);
  CHECK(reading.devices[0] == DeviceKey{"meter", "D1"});
  CHECK(reading.cards[1].used_bytes == 5'000'000'000);
  CHECK(reading.cards[1].expires_at == reading.cards[0].expires_at);
  CHECK_FALSE(reading.devices[1]);
  CHECK(reading.list.constants == Pairs{{"platform", "3"}, {"product", "meter"}});
}

TEST_CASE("sizes are read with the sign before a fraction that the list has") {
  const std::string toml =
      "[columns]\niccid = \"ICCID\"\nused_bytes = \"MB\"\nlimit_bytes = \"Limit\"\n[units]\n"
      "used_bytes = \"MB\"\n";
  const auto list = [](const std::string& used, const std::string& limit) {
    return "ICCID;MB;Limit\n" + card_one + ";" + used + ";" + limit + "\n";
  };
  const Reading reading = read(toml, list("1.234,5", "2,5 GB"));
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].used_bytes == 1'234'500'000);
  CHECK(reading.cards[0].limit_bytes == 2'500'000'000);
  const Reading unsure = read(toml, list("1,234", ""));
  REQUIRE(unsure.problems.size() == 1);
  CHECK_THAT(unsure.problems[0], Contains("used_bytes \"1,234\": expected decimal = \",\""));
  const Reading said = read(toml + "[numbers]\ndecimal = \",\"\n", list("1,234", "1.000 kB"));
  REQUIRE(said.cards.size() == 1);
  CHECK(said.cards[0].used_bytes == 1'234'000);
  CHECK(said.cards[0].limit_bytes == 1'000'000);
}

TEST_CASE("a list begins where its mapping says, and quotes before it do not matter") {
  const std::string preamble = "* Batch \"4711\nQuantity: 2\r\n\n";
  const std::string list = "NUMCARD;ICCID;IMSI\n1;" + card_one + ";901430000000001\n";
  for (const char* file :
       {"skip_lines = 3", "header_has = \"iccid\"", "after_line = \"QUANTITY*\""}) {
    const Reading reading =
        read(std::string{"[file]\n"} + file + "\n" + iccid_only, preamble + list);
    CAPTURE(file, reading.header_problem);
    CHECK(reading.cards.size() == 1);
    CHECK(reading.list.header_line == 4);
  }
  CHECK_THAT(read("[file]\nheader_has = \"EID\"\n" + iccid_only, preamble + list).header_problem,
             Contains("none of the first 5 lines has the column \"EID\""));
  CHECK_THAT(read("[file]\nafter_line = \"x*\"\n" + iccid_only, preamble + list).header_problem,
             Contains("none of the first 5 lines matches \"x*\""));
  // Without a mapping that says so no line is passed over.
  CHECK_THAT(read(iccid_only, "Quantity: 2\n" + list).header_problem, Contains("no column"));
}

TEST_CASE("a list without a header has columns by number, with blanks between them too") {
  const std::string toml =
      "[file]\nheader = false\nafter_line = \"var_out:*\"\ndelimiter = \"blanks\"\n[columns]\n"
      "iccid = 1\nimsi = 2\n";
  const Reading reading = read(
      toml, "*\nvar_out: ICCID/IMSI\n" + card_one + "  901430000000001\t0000 \n" + card_two + "\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].imsi == "901430000000001");
  CHECK(reading.list.header_line == 0);
  CHECK(reading.list.columns == Pairs{{"column 1", "iccid"}, {"column 2", "imsi"}});
  CHECK(reading.problems ==
        std::vector<std::string>{"4: 1 fields, and the mapping needs column 2"});
  // The delimiter of a list without a header is the one that shows an ICCID.
  const std::string bare = "[file]\nheader = false\n[columns]\niccid = 2\n";
  CHECK(read(bare, "1;" + card_one + "\n").cards.size() == 1);
}

TEST_CASE("rows are passed over when the mapping says so, and only then") {
  const std::string list =
      "ICCID,n\n" + card_one + ",1\nTotal,1\n,total: 7\n" + card_two + ",2\nTotals below\n";
  const Reading reading = read("[rows]\npass_over = [\"total*\"]\n" + iccid_only, list);
  CHECK(reading.cards.size() == 2);
  CHECK(reading.problems.empty());
  CHECK(reading.list.passed_over == 3);
  CHECK(reading.list.passed_lines == std::vector<std::int64_t>{3, 4, 6});
  const Reading strict = read(iccid_only, list);
  CHECK(strict.problems.size() == 3);
  CHECK(strict.list.passed_over == 0);
}

TEST_CASE("a delimiter that is not certain has to be said") {
  const std::string toml = "[columns]\niccid = 1\n";
  const Reading unsure = read(toml, "number;a,b\n" + card_one + ";1,2\n");
  CHECK_THAT(unsure.header_problem,
             Contains("the columns may be separated by comma or semicolon") &&
                 Contains("delimiter = \"…\" under [file] of the mapping, or by --delimiter"));
  CHECK(read(toml, "number;a,b\n" + card_one + ";1,2\n", {.delimiter = ';'}).cards.size() == 1);
  CHECK(read("[file]\ndelimiter = \";\"\n" + toml, "number;a,b\n" + card_one + ";1,2\n")
            .cards.size() == 1);
}

TEST_CASE("a workbook is refused, whatever encoding its mapping has") {
  CHECK_THAT(read("[file]\nencoding = \"gbk\"\n" + iccid_only, "PK\x03\x04\x14").header_problem,
             Contains("this is an Excel workbook, not CSV"));
}

TEST_CASE("a byte that does not fit the encoding of the list refuses its row") {
  const Reading reading =
      read("[file]\nencoding = \"gbk\"\n[columns]\niccid = \"ICCID\"\nplan = \"\\u5361\"\n",
           "ICCID,\xBF\xA8\n" + card_one + ",\xBF\xA8\n" + card_two + ",\xFF\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].plan == "卡");
  REQUIRE(reading.problems.size() == 1);
  CHECK_THAT(reading.problems[0],
             Contains("3: plan \"") && Contains("; these bytes are not gb18030"));
}

TEST_CASE("a mapping is found by its path, or by its name in folders") {
  const std::vector<std::string> folders{"/nowhere", IOTCARD_SOURCE_DIR "/examples/lists"};
  CHECK(std::holds_alternative<ListMapping>(find_list_mapping("airvantage", folders)));
  CHECK(std::holds_alternative<ListMapping>(
      find_list_mapping(IOTCARD_SOURCE_DIR "/examples/lists/1nce.toml", {})));
  CHECK_THAT(std::get<Problem>(find_list_mapping("nobody", folders)).text,
             Contains("there is no mapping \"nobody\": no file nobody.toml in /nowhere, "));
  CHECK_THAT(std::get<Problem>(find_list_mapping("./none.toml", folders)).text,
             Contains("./none.toml:1: cannot read this mapping"));
  CHECK_FALSE(is_mapping_name("../airvantage"));
  CHECK_FALSE(is_mapping_name("airvantage.toml"));
  CHECK_FALSE(is_mapping_name(""));
}

TEST_CASE("the encoding of a mapping is no guess, unless the text speaks against it") {
  const auto doubt = [](const char* encoding, const std::string& plan) {
    const std::string file =
        encoding[0] == 0 ? "" : std::string{"[file]\nencoding = \""} + encoding + "\"\n";
    const Reading reading = read(iccid_only + "plan = \"PLAN\"\n" + file,
                                 "ICCID,PLAN\n" + card_one + "," + plan + "\n");
    return reading.list.doubt.has_value();
  };
  const std::string pattern = "\xC4\xA3\xCA\xBD";  // 模式 in GB18030
  const std::string letter = "\xC3\xBC";           // ü in UTF-8
  CHECK(doubt("", pattern));
  CHECK(doubt("", letter));
  CHECK_FALSE(doubt("gb18030", pattern));
  CHECK(doubt("gb18030", letter));
  CHECK_FALSE(doubt("utf-8", letter));
  CHECK(doubt("utf-8", pattern));
}

}  // namespace iotcard
