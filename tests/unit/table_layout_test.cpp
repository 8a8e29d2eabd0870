// SPDX-License-Identifier: Apache-2.0
// How the tables of iotcardctl are made to fit a terminal.
#include "../../cli/table_layout.h"

#include <catch2/catch.hpp>

using namespace iotcard;
using Widths = std::vector<std::size_t>;

TEST_CASE("a table that fits, or has no limit, keeps its widths") {
  const std::vector<MeasuredColumn> columns{{20}, {10}, {8}};
  for (const std::size_t available : {std::size_t{0}, std::size_t{42}, std::size_t{100}}) {
    CAPTURE(available);
    const TableLayout layout = fit_table(columns, available);
    CHECK(layout.widths == Widths{20, 10, 8});
    CHECK(layout.gap == 2);
    CHECK(layout.dropped.empty());
  }
}

TEST_CASE("empty columns are left out, also where there is room") {
  for (const std::size_t available : {std::size_t{0}, std::size_t{30}, std::size_t{100}}) {
    CAPTURE(available);
    const TableLayout layout = fit_table({{20}, {.width = 10, .is_empty = true}, {8}}, available);
    CHECK(layout.widths == Widths{20, 0, 8});
    CHECK(layout.gap == 2);
    CHECK(layout.dropped.empty());
  }
}

TEST_CASE("the widest columns are cut, and the first never") {
  const TableLayout layout = fit_table({{20}, {30}, {12}, {9}}, 55);
  CHECK(layout.gap == 1);
  CHECK(layout.widths == Widths{20, 11, 12, 9});
}

TEST_CASE("numbers, times and names are never cut: where there is no room, columns are dropped") {
  const MeasuredColumn size{.width = 8, .may_be_cut = false};
  const MeasuredColumn text{.width = 40};
  const TableLayout layout = fit_table({{20}, size, text, size, size}, 50);
  CHECK(layout.widths == Widths{20, 8, 11, 8, 0});
  CHECK(layout.dropped == Widths{4});
  // The first column is always there.
  CHECK(fit_table({{20}, size}, 10).widths == Widths{20, 0});
}

TEST_CASE("a text is wrapped at blanks, or where there is none in the middle of a word") {
  using Lines = std::vector<std::string>;
  CHECK(wrap("make room there, or name another folder", 16) ==
        Lines{"make room there,", "or name another", "folder"});
  CHECK(wrap("/var/lib/iotcardd", 8) == Lines{"/var/lib", "/iotcard", "d"});
  CHECK(wrap("short", 8) == Lines{"short"});
}

TEST_CASE("a text that is cut ends in an ellipsis, and a wide character is not halved") {
  CHECK(elide("898604293620", 12) == "898604293620");
  CHECK(elide("898604293620", 6) == "89860…");
  CHECK(elide("中国移动", 8) == "中国移动");
  CHECK(elide("中国移动", 6) == "中国…");
  CHECK(display_width("中国…") == 5);
}
