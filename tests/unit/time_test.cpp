// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <catch2/catch.hpp>

namespace iotcard {
namespace {

struct Spelling {
  const char* text;
  const char* canonical;  // null: not a time
};

}  // namespace

TEST_CASE("a time is read in any RFC 3339 spelling and written in one") {
  const auto [text, canonical] = GENERATE(values<Spelling>({
      {"2026-11-23T20:51:00.123Z", "2026-11-23T20:51:00.123Z"},
      {"2026-11-23T20:51:00Z", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23t20:51:00z", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23 20:51:00Z", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23T20:51:00.1Z", "2026-11-23T20:51:00.100Z"},
      {"2026-11-23T20:51:00.123999999Z", "2026-11-23T20:51:00.123Z"},
      {"2026-11-24T04:51:00+08:00", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23T15:21:00-05:30", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23", "2026-11-23T00:00:00.000Z"},
      {"2024-02-29", "2024-02-29T00:00:00.000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
  }));
  CAPTURE(text);
  const auto time = parse_time(text);
  REQUIRE(time);
  CHECK(to_rfc3339(*time) == canonical);
}

TEST_CASE("a text that is no time from 1970 to 9999 is refused") {
  const char* text = GENERATE(
      "", "now", "2026", "2026-11", "2026-13-01", "2025-02-29", "2026-11-31", "2026-11-00",
      "2026-11-23T", "2026-11-23T20:51", "2026-11-23T20:51:00", "2026-11-23T24:00:00Z",
      "2026-11-23T20:60:00Z", "2026-11-23T20:51:61Z", "2026-11-23T20:51:00.Z",
      "2026-11-23T20:51:00+8:00", "2026-11-23T20:51:00+0800", "2026-11-23T20:51:00+24:00",
      "2026-11-23T20:51:00ZZ", "2026-11-23 ", " 2026-11-23", "23.11.2026", "2026/11/23", "2026-1-3",
      "-026-11-23", "2026--1-23", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00",
      "9999-12-31T23:59:59-00:01", "10000-01-01", "1795467060");
  CAPTURE(text);
  CHECK_FALSE(parse_time(text));
}

TEST_CASE("a time is cut to the millisecond, never rounded up") {
  CHECK(to_rfc3339(from_unix_micros(1'999'999)) == "1970-01-01T00:00:01.999Z");
  CHECK(parse_time("2026-11-23T20:51:00.123456Z").value() - *parse_time("2026-11-23T20:51:00Z") ==
        std::chrono::microseconds{123'456});
}

TEST_CASE("times sort as text") {
  std::string before = to_rfc3339(Instant{});
  for (const std::int64_t step : {1'000LL, 1'000'000LL, 86'400'000'000LL, 400 * 86'400'000'000LL}) {
    const std::string after = to_rfc3339(*parse_time(before) + Duration{step});
    CHECK(before < after);
    before = after;
  }
}

}  // namespace iotcard
