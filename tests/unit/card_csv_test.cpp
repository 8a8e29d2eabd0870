// SPDX-License-Identifier: Apache-2.0
#include "csv/card_csv.h"

#include <array>
#include <catch2/catch.hpp>
#include <sstream>

namespace iotcard {
namespace {

using Catch::Contains;

const std::string card_one = "898604293620C0000970";
const std::string card_two = "89860617060065258667";

struct Reading {
  std::string header_problem;
  std::vector<CardRow> cards;
  std::vector<RowProblem> problems;
};

Reading read(const std::string& text, CardCsvOptions options = {}) {
  std::istringstream in{text};
  CardCsv csv{in, options};
  Reading reading{csv.header_problem().value_or(Problem{}).text, {}, {}};
  while (auto row = csv.next()) {
    if (auto* card = std::get_if<CardRow>(&*row)) reading.cards.push_back(std::move(*card));
    if (auto* problem = std::get_if<RowProblem>(&*row)) reading.problems.push_back(*problem);
  }
  if (!csv.header_problem()) CHECK(csv.bytes_read() == std::ssize(text));
  return reading;
}

}  // namespace

TEST_CASE("a column of ICCIDs is enough for a card list") {
  const Reading reading = read("iccid\n" + card_one + "\n" + card_two);
  REQUIRE(reading.cards.size() == 2);
  CHECK(reading.problems.empty());
  CHECK(reading.cards[0].line == 2);
  CHECK(reading.cards[0].card == Card{*Iccid::from_canonical(card_one)});
  CHECK(reading.cards[1].line == 3);
  CHECK(reading.cards[1].card.iccid.text() == card_two);
  CHECK_FALSE(reading.cards[1].device);
}

TEST_CASE("columns may have any order, letter case and blanks") {
  const Reading reading =
      read("\xEF\xBB\xBF Plan , PLATFORM,\"Iccid\"\r\n 30 MB ,2, " + card_one + " \r\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.plan == "30 MB");
  CHECK(reading.cards[0].card.platform == 2);
  CHECK(reading.cards[0].line == 2);
}

TEST_CASE("every line ending is understood and counted as one line") {
  const std::string end = GENERATE("\n", "\r\n", "\r");
  const Reading reading = read("iccid" + end + card_one + end + end + "nonsense" + end);
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].line == 2);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 4);
}

TEST_CASE("a quoted field may hold commas, quotes and line breaks") {
  const Reading reading =
      read("iccid,note\n" + card_one + ",\"a, \"\"b\"\"\r\nc\"\n" + card_two + ",d\n");
  REQUIRE(reading.cards.size() == 2);
  CHECK(reading.cards[0].card.note == "a, \"b\"\r\nc");
  CHECK(reading.cards[0].line == 2);
  CHECK(reading.cards[1].line == 4);
}

TEST_CASE("a wrong header is reported, and no row is read") {
  struct Header {
    const char* text;
    const char* problem;
  };
  const auto [text, problem] = GENERATE(values<Header>({
      {"plan\n", "there is no column iccid"},
      {"iccid,colour\n", "unknown column \"colour\"; the columns may be iccid, imsi, msisdn"},
      {"iccid,colour\n", "A list with other columns needs a mapping (--map)"},
      {"iccid,plan,PLAN\n", "the column plan stands there twice"},
      {"iccid,a;b\n", "unknown column \"a;b\""},
      {"PK\x03\x04\x14", "this is an Excel workbook, not CSV; save it as CSV"},
      {"\xD0\xCF\x11\xE0", "this is an Excel workbook"},
      {"<html><table>", "this is a web page or XML, not CSV"},
      {"iccid,\xBF\xA8\n", "line 1 is not UTF-8; it fits gb18030"},
      {"iccid,\xFF\n", "line 1 is not UTF-8; it fits those of one byte a character, such as"},
      {"iccid,device\n", "a device is named by both"},
      {"iccid,,plan\n", "unknown column \"\""},
      {"ic\"cid\n", "the header cannot be read"},
      {"898604293620C0000970\n", "unknown column \"898604293620c0000970\""},
  }));
  CAPTURE(text);
  const Reading reading = read(std::string{text} + card_one + "\n");
  CHECK_THAT(reading.header_problem, Contains(problem));
  CHECK(reading.cards.empty());
  CHECK(reading.problems.empty());
}

TEST_CASE(
    "a header in an encoding of one byte a character is not taken for one with fewer columns") {
  // Windows-1254: the ASCII name of the ICCID is found.
  const std::string turkish = "iccid;Kullan\xFDm\n" + std::string{card_one} + ";1\n";
  CHECK_THAT(read(turkish).header_problem,
             Contains("line 1 is not UTF-8; it fits") && Contains("windows-1254"));
  // Windows-1251, which none of several bytes a character fits.
  const std::string russian = "\xCE\xF2\xF7\xB8\xF2\n\xB9;iccid\n1;" + std::string{card_one} + "\n";
  CHECK_THAT(read(russian).header_problem, Contains("line 1 is not UTF-8"));
}

TEST_CASE("what separates the columns is found by the column iccid") {
  const std::string between = GENERATE(";", "\t", "|", ",");
  CAPTURE(between);
  const Reading reading = read("plan" + between + "iccid\na" + between + card_one + "\n");
  REQUIRE(reading.header_problem.empty());
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.plan == "a");
  CHECK(read("plan,x;iccid\n").header_problem.starts_with("unknown column \"plan,x\""));
}

TEST_CASE("a first line sep= names what separates the columns") {
  for (const std::string first : {"sep=,\r\n", "\"sep=,\"\n", "\xEF\xBB\xBFSEP=,\n"}) {
    const Reading reading = read(first + "iccid,imsi\n8988303010000000016,901430000000001\n");
    REQUIRE(reading.cards.size() == 1);
    CHECK(reading.cards[0].card.imsi == "901430000000001");
    CHECK(reading.cards[0].line == 3);
  }
  CHECK(read("sep=;\niccid;plan\n" + card_one + ";a,b\n").cards.at(0).card.plan == "a,b");
}

TEST_CASE("an apostrophe before a number is removed, whatever the column") {
  const Reading reading = read("iccid,imsi,msisdn,imei,access_number,opened_at,note\n'" + card_one +
                               ",'460040000000001,'+8610648000,'356938035643809,'1064800000001,"
                               "'2024/5/1,'tis\n");
  REQUIRE(reading.cards.size() == 1);
  const Card& card = reading.cards[0].card;
  CHECK(card.imsi == "460040000000001");
  CHECK(card.msisdn == "8610648000");
  CHECK(card.imei == "356938035643809");
  CHECK(card.access_number == "1064800000001");
  CHECK(card.opened_at == parse_time("2024-05-01"));
  CHECK(card.note == "'tis");
}

TEST_CASE("empty cells behind the last column do not matter") {
  const Reading reading = read("iccid,plan,\n" + card_one + ",a,\n" + card_two + ",b,,\n");
  CHECK(reading.header_problem.empty());
  CHECK(reading.cards.size() == 2);
  CHECK(reading.problems.empty());
}

TEST_CASE("a list says how it was read") {
  std::istringstream in{"sep=;\nPlan;ICCID\n;" + card_one + "\n"};
  CardCsv csv{in};
  while (csv.next()) continue;
  const ListReading& list = csv.reading();
  CHECK(list.encoding == Encoding::utf8);
  CHECK(list.delimiter == ';');
  CHECK(list.header_line == 2);
  CHECK(list.columns ==
        std::vector<std::pair<std::string, std::string>>{{"Plan", "plan"}, {"ICCID", "iccid"}});
  REQUIRE(list.first);
  CHECK(list.first->iccid.text() == card_one);
}

TEST_CASE("an empty file is reported") {
  CHECK_THAT(read("").header_problem, Contains("the file is empty"));
  CHECK_THAT(read("\xEF\xBB\xBF\n\n").header_problem, Contains("the file is empty"));
}

TEST_CASE("an ICCID is read with the leniencies of a report") {
  const Reading reading =
      read("iccid\n89860 07031 01120 94320\n8944476500008878576F\n898602f31318c0378248\n");
  REQUIRE(reading.cards.size() == 3);
  CHECK(reading.cards[0].card.iccid.text() == "89860070310112094320");
  CHECK(reading.cards[1].card.iccid.text() == "8944476500008878576");
  CHECK(reading.cards[2].card.iccid.text() == "898602F31318C0378248");
}

TEST_CASE("names of columns may have blanks or hyphens, names of states any letter case") {
  const Reading reading = read("ICCID,Used Bytes,usage-scope,Status,Alert - Percent\n" + card_one +
                               ",7,Card,ACTIVE,80\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.used_bytes == 7);
  CHECK(reading.cards[0].card.usage_scope == UsageScope::card);
  CHECK(reading.cards[0].card.status == CardStatus::active);
  CHECK(reading.cards[0].card.alert_percent == 80);
}

TEST_CASE("a text as a formula is read as the text") {
  const std::string row = GENERATE("=\"89860004293620077777\",=\"0, a\"\r\n",
                                   " =\"89860004293620077777\" , =\"0, a\"\n",
                                   "\"=\"\"89860004293620077777\"\"\",\"=\"\"0, a\"\"\"");
  CAPTURE(row);
  const Reading reading = read("iccid,plan\n" + row);
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.iccid.text() == "89860004293620077777");
  CHECK(reading.cards[0].card.plan == "0, a");
}

TEST_CASE("an equals sign without a quote behind it is kept, wherever a chunk ends") {
  std::string text = "iccid,note\n";
  for (int i = 0; i < 3'000; ++i) text += "=\"89860004293620077777\",=x\n";
  const Reading reading = read(text + card_one + ",\"x\n=\"\"y\"\"\"\n" + card_two + ",=");
  CHECK(reading.problems.empty());
  REQUIRE(reading.cards.size() == 3'002);
  for (std::size_t i = 0; i < 3'000; ++i) {
    CHECK(reading.cards[i].card.iccid.text() == "89860004293620077777");
    CHECK(reading.cards[i].card.note == "=x");
  }
  CHECK(reading.cards[3'000].card.note == "x\n=\"y\"");
  CHECK(reading.cards.back().card.note == "=");
}

TEST_CASE("the first row in another encoding says how to save the file") {
  // Far enough down that the beginning of the list does not show it.
  std::string text = "iccid,plan\n";
  for (int i = 0; i < 1'000; ++i) text += card_one + ",x\n";
  const Reading reading = read(text + card_one + ",\xBF\xA8\n" + card_two + ",\xBF\xA8\n");
  REQUIRE(reading.problems.size() == 2);
  CHECK_THAT(reading.problems[0].reason,
             Contains("expected text in UTF-8; is the file in another encoding? save it as UTF-8"));
  CHECK_THAT(reading.problems[1].reason, !Contains("another encoding"));
}

TEST_CASE("an ICCID that a spreadsheet rounded is refused with the reason") {
  const Reading reading =
      read("iccid\n8.98604E+19\n89860429362000000000\n8986042936200000000\n89860429362000000001\n");
  REQUIRE(reading.problems.size() == 3);
  CHECK(reading.problems[0].line == 2);
  CHECK_THAT(reading.problems[0].reason,
             Contains("a spreadsheet turned this ICCID into a number; format the column as text "
                      "and export again"));
  CHECK_THAT(reading.problems[1].reason, Contains("a spreadsheet cut this ICCID to 15 digits"));
  CHECK_THAT(reading.problems[2].reason, Contains("trusted (--trust-zeros, or trustZeros=true"));
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].line == 5);
}

TEST_CASE("zeros at the end of an ICCID are accepted with trust_zeros") {
  const Reading reading = read("iccid\n89860429362000000000\n8986042936200000000\n", {true});
  CHECK(reading.cards.size() == 2);
  CHECK(reading.problems.empty());
}

TEST_CASE("a wrong row does not affect other rows") {
  struct Row {
    std::string text;
    const char* reason;
  };
  const auto [text, reason] = GENERATE(values<Row>({
      {",2027-01-01,,,", "the iccid is missing"},
      {"null,,,,", "the iccid is missing"},
      {"123,,,,", "18 to 22 characters"},
      {"8986042936200000097X,,,,", "digits and the letters A to F"},
      {"12345678901234567890,,,,", "begins with 89"},
      {"89033240817620069918070003435626,,,,", "EID"},
      {"898604293620C0000971,2027-01-01", "2 fields, and the header names 5 columns"},
      {"898604293620C0000971,,,,,x", "6 fields, and the header names 5 columns"},
      {"898604293620C0000971,soon,,,", "expires_at \"soon\": expected a time such as"},
      {"898604293620C0000971,,\xFF,,", "plan \"\xEF\xBF\xBD\": expected text in UTF-8"},
      {"898604293620C0000971,,,1,", "expected both"},
      {"898604293620C0000971,,,1,a/b", "expected both"},
      {"898604293620C0000971,,a\"b,,", "a quote stands inside"},
      {"898604293620C0000971,,\"a\"b,,", "text stands behind a closing quote"},
      {"898604293620C0000971,,\"a\" \"b\",,", "text stands behind a closing quote"},
  }));
  CAPTURE(text);
  const Reading reading =
      read("iccid,expires_at,plan,product,device\n" + text + "\n" + card_two + ",,,1,D6\n");
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 2);
  CHECK_THAT(reading.problems[0].reason, Contains(reason));
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].line == 3);
  CHECK(reading.cards[0].device == DeviceKey{"1", "D6"});
}

TEST_CASE("blanks around quotes are ignored, and quotes keep the blanks inside") {
  const Reading reading = read("iccid,plan,note\n" + card_one + ", \"a \"\"b\"\"\" \t,\t c d \n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.plan == "a \"b\"");
  CHECK(reading.cards[0].card.note == "c d");
}

TEST_CASE("a long value is clipped in the message about it") {
  const Reading reading = read("iccid,status\n" + card_one + "," + std::string(60'000, 's') + "\n");
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].reason.size() < 300);
}

TEST_CASE("a row of nothing but commas is blank") {
  const Reading reading = read("iccid,plan\n,\n \t \n , \n" + card_one + ",x\n\n,\n");
  CHECK(reading.problems.empty());
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].line == 5);
}

TEST_CASE("the times of the daemon's own fields come back from an export") {
  const Reading reading =
      read("iccid,created_at,updated_at,refreshed_at\n" + card_one +
           ",2020-01-01T00:00:00.000Z,,2021-01-01\n" + card_two + ",whatever,,\n");
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].card.created_at == *parse_time("2020-01-01"));
  CHECK(reading.cards[0].card.updated_at == Instant{});
  CHECK(reading.cards[0].card.refreshed_at == parse_time("2021-01-01"));
  REQUIRE(reading.problems.size() == 1);
  CHECK_THAT(reading.problems[0].reason, Contains("created_at \"whatever\": expected a time"));
}

TEST_CASE("the reader says which fields the file has columns for") {
  std::istringstream in{"note,iccid,created_at,plan\n"};
  const CardCsv csv{in};
  REQUIRE(csv.fields().size() == 2);
  CHECK(csv.fields()[0]->name == "note");
  CHECK(csv.fields()[1]->name == "plan");
}

TEST_CASE("a quote that is never closed is reported with the line of its row") {
  const Reading reading = read("iccid,note\n" + card_one + ",a\n" + card_two + ",\"b\nc\n");
  REQUIRE(reading.cards.size() == 1);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 3);
  CHECK_THAT(reading.problems[0].reason, Contains("never closed"));
}

TEST_CASE("reading continues after a quote that is never closed in a long file") {
  std::string text = "iccid,note\n" + card_one + ",\"open\n";
  for (int i = 0; i < 10'000; ++i) text += card_two + ",x\n";
  const Reading reading = read(text);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 2);
  CHECK_THAT(reading.problems[0].reason, Contains("closing quote") && Contains("up to line"));
  CHECK(reading.cards.size() > 5'000);
}

TEST_CASE("a field or a row that is too long does not affect other rows") {
  const std::string field(CsvRows::max_field_bytes + 1, 'x');
  std::string row;
  for (int i = 0; i < 30; ++i) row += std::string(60'000, 'y') + ",";
  const std::string line = std::array{field, "\"" + field + "\"", row}[GENERATE(0U, 1U, 2U)];
  const Reading reading = read("iccid,note\n" + card_one + "," + line + "\n" + card_two + ",z\n");
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 2);
  CHECK_THAT(reading.problems[0].reason, Contains("longer than"));
  REQUIRE(reading.cards.size() == 1);
  CHECK(reading.cards[0].line == 3);
}

TEST_CASE("a row across chunks is read whole") {
  const std::string note(4'000, 'n');
  std::string text = "iccid,note\r\n";
  for (int i = 0; i < 50; ++i) text += card_one + ",\"" + note + "\r\n" + note + "\"\r\n";
  const Reading reading = read(text);
  CHECK(reading.problems.size() == 50);  // a note has at most 4096 characters
  std::string short_text = "iccid,plan\r\n";
  for (int i = 0; i < 5'000; ++i) short_text += card_one + ",plan " + std::to_string(i) + "\r\n";
  const Reading rows = read(short_text);
  REQUIRE(rows.cards.size() == 5'000);
  CHECK(rows.cards.back().card.plan == "plan 4999");
  CHECK(rows.cards.back().line == 5'001);
}

}  // namespace iotcard
