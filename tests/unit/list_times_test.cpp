// SPDX-License-Identifier: Apache-2.0
#include "csv/list_times.h"

#include <catch2/catch.hpp>

#include "base/time_spelling.h"

namespace iotcard {
namespace {

struct Case {
  const char* text;
  DateOrder order;
  const char* plain;
};

}  // namespace

TEST_CASE("a date of a list is read in the order that its mapping says") {
  const auto [text, order, plain] = GENERATE(values<Case>({
      {"23/11/2026", DateOrder::day_first, "2026-11-23"},
      {"11/23/2026", DateOrder::month_first, "2026-11-23"},
      {"3/4/26", DateOrder::day_first, "2026-04-03"},
      {"3/4/26", DateOrder::month_first, "2026-03-04"},
      {"23-11-2026 20:51", DateOrder::day_first, "2026-11-23 20:51"},
      {"11/23/2026 8:51:00 PM", DateOrder::month_first, "2026-11-23 20:51:00"},
      {"11/23/2026 12:30 am", DateOrder::month_first, "2026-11-23 00:30"},
      {"11/23/2026 12:30 PM +0800", DateOrder::month_first, "2026-11-23 12:30 +0800"},
      {"23-Nov-2026", DateOrder::unknown, "2026-11-23"},
      {"Nov 23, 2026, 8:51 PM", DateOrder::unknown, "2026-11-23 20:51"},
      {"3 September 2026", DateOrder::unknown, "2026-09-03"},
      {"2026-11-23 8:51 PM", DateOrder::unknown, "2026-11-23 20:51"},
      // Left as they are.
      {"2026-11-23T20:51:00.5+08:00", DateOrder::day_first, "2026-11-23T20:51:00.5+08:00"},
      {"2026/1/3 20:51", DateOrder::month_first, "2026/1/3 20:51"},
      {"20261123", DateOrder::day_first, "20261123"},
      {"1764000000", DateOrder::day_first, "1764000000"},
      {"03/04/2026", DateOrder::unknown, "03/04/2026"},
      {"23.11.2026", DateOrder::unknown, "23.11.2026"},
      {"tomorrow", DateOrder::day_first, "tomorrow"},
      {"", DateOrder::day_first, ""},
  }));
  CAPTURE(text);
  CHECK(plain_time(text, order) == plain);
}

TEST_CASE("a plain time is one that the scanner of times reads, or refuses for what it is") {
  const auto reads = [](const char* text, DateOrder order) {
    return std::holds_alternative<Instant>(read_time_spelling(plain_time(text, order)));
  };
  CHECK(reads("11/23/2026 8:51:00 PM", DateOrder::month_first));
  CHECK(reads("2026/11/23 8:51 AM", DateOrder::unknown));
  CHECK_FALSE(reads("23/11/2026", DateOrder::month_first));
  CHECK_FALSE(reads("31/2/2026", DateOrder::day_first));
  CHECK_FALSE(reads("11/23/2026 13:51 PM", DateOrder::month_first));
}

}  // namespace iotcard
