// SPDX-License-Identifier: Apache-2.0
#include "csv/csv_cell.h"

#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "csv/csv_rows.h"

namespace iotcard {
namespace {

// Text, cell, and back.
struct Case {
  std::string text;
  std::string cell;
};

const std::vector<Case> cases{
    {"", ""},
    {"plain", "plain"},
    {"a=b, c+d", "a=b, c+d"},
    {"=1+1", "'=1+1"},
    {"+86", "'+86"},
    {"-", "'-"},
    {"@SUM(A1)", "'@SUM(A1)"},
    {"\tx", "'\tx"},
    {"\nx", "'\nx"},
    {"\rx", "\\u{d}x"},
    {"\xEF\xBC\x9D"
     "1",
     "'\xEF\xBC\x9D"
     "1"},  // full-width =
    {"\xEF\xBC\x8B", "'\xEF\xBC\x8B"},
    {"\xEF\xBC\x8D", "'\xEF\xBC\x8D"},
    {"\xEF\xBC\xA0", "'\xEF\xBC\xA0"},
    {"'tis", "'tis"},
    {"'", "'"},
    {"''", "''"},
    {"'=1", "''=1"},
    {"''=1", "'''=1"},
    {"' x", "'' x"},
    {" x", "' x"},
    {"x ", "'x "},
    {" ", "' "},
    {"'x ", "''x "},
    {"'123", "''123"},
    {"123", "123"},
    {"'12a", "'12a"},
    {"a;=1", "a;\\u{3d}1"},
    {"a\t-1", "a\t\\u{2d}1"},
    {"a\n@x", "a\n\\u{40}x"},
    {"\t=1", "'\t\\u{3d}1"},
    {"a; =1", "a; =1"},
    {"two\nlines", "two\nlines"},
    {"\x1b[2J", "\\u{1b}[2J"},
    {"\x7f", "\\u{7f}"},
    {"\xC2\x9B"
     "31m",
     "\\u{9b}31m"},
    {"\xE2\x80\xAE"
     "txt",
     "\\u{202e}txt"},
    {"C:\\users\\u", "C:\\users\\u"},
    {"\\u{1b}", "\\u{5c}u{1b}"},
    {"\\u{5c}", "\\u{5c}u{5c}"},
    {"\\u{3d}", "\\u{5c}u{3d}"},
    {"\\u{61}", "\\u{61}"},
    {"\\u{", "\\u{"},
    {"\\u{}", "\\u{}"},
    {"\\u{110000}", "\\u{110000}"},
    {"\\\x1b", "\\\\u{1b}"},
    {"\\u{\x1b}", "\\u{\\u{1b}}"},
};

std::vector<std::string> fields_of(const std::string& row) {
  std::istringstream in{row + "\n"};
  CsvRows rows{in};
  const auto read = rows.next();
  REQUIRE(read);
  CHECK_FALSE(read->problem);
  return read->fields;
}

}  // namespace

TEST_CASE("a written cell is no formula and reads back as the same text") {
  for (const Case& test : cases) {
    INFO(test.cell);
    CHECK(csv_cell(test.text) == test.cell);
    CHECK(read_csv_cell(test.cell) == test.text);
  }
}

TEST_CASE("an apostrophe that a spreadsheet put before a number is removed") {
  CHECK(read_csv_cell("'460040000000001") == "460040000000001");
  CHECK(read_csv_cell("'2024/5/1 08:00:00") == "2024/5/1 08:00:00");
  CHECK(read_csv_cell("'+86 1064-800") == "+86 1064-800");
}

TEST_CASE("white space around an unescaped cell is removed") {
  CHECK(read_csv_cell("  x \t") == "x");
  CHECK(read_csv_cell(" \t ") == "");
  CHECK(read_csv_cell("- five") == "- five");
  CHECK(read_csv_cell("'- five") == "- five");
  CHECK(read_csv_cell("'\xFF") == "'\xFF");
}

TEST_CASE("any text survives a row of CSV, and the row has no control or bidi characters") {
  const std::vector<std::string> parts{"'",
                                       "=",
                                       "+",
                                       "-",
                                       "@",
                                       " ",
                                       "\t",
                                       "\n",
                                       "\r",
                                       ",",
                                       ";",
                                       "\"",
                                       "\\",
                                       "\\u{",
                                       "1b}",
                                       "}",
                                       "x",
                                       "\x1b",
                                       "\x7f",
                                       "\xC2\x85",
                                       "\xE2\x80\xA8",
                                       "\xE2\x81\xA6",
                                       "\xD8\x9C",
                                       "\xEF\xBC\x9D",
                                       "\xE4\xB8\xAD",
                                       "\xF0\x9F\x93\xB6"};
  std::mt19937 random{1};
  for (int round = 0; round < 20'000; ++round) {
    std::string row = "first";
    std::vector<std::string> texts;
    for (int field = 0; field < 3; ++field) {
      std::string text;
      for (std::size_t left = random() % 6; left > 0; --left) {
        text += parts[random() % parts.size()];
      }
      append_csv_field(row, csv_cell(text));
      texts.push_back(std::move(text));
    }
    const std::vector<std::string> fields = fields_of(row);
    REQUIRE(fields.size() == 4);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(read_csv_cell(fields[i + 1]) == texts[i]);
    std::string shown = row;
    std::erase_if(shown, [](char c) { return c == '\n' || c == '\t'; });
    REQUIRE(escape_controls(shown) == shown);
  }
}

}  // namespace iotcard
