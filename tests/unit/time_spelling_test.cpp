// SPDX-License-Identifier: Apache-2.0
#include "base/time_spelling.h"

#include <catch2/catch.hpp>

namespace iotcard {
namespace {

constexpr Duration china = std::chrono::hours{8};

std::string read(const char* text, Duration zone = {}) {
  const auto reading = read_time_spelling(text, zone);
  if (const auto* time = std::get_if<Instant>(&reading)) return to_rfc3339(*time);
  return std::get<Problem>(reading).text;
}

struct Spelling {
  const char* text;
  const char* in_utc;
  const char* in_china;  // the same text where UTC is eight hours behind
};

}  // namespace

TEST_CASE("a point in the past is an age before now, or a time") {
  const Instant now = *parse_time("2026-11-23T20:51:00Z");
  const auto read_past = [&](const char* text) {
    const auto reading = read_age_or_time(text, now);
    const auto* time = std::get_if<Instant>(&reading);
    return time != nullptr ? to_rfc3339(*time) : std::get<Problem>(reading).text;
  };
  const auto [text, expected] = GENERATE(table<const char*, const char*>({
      {"90s", "2026-11-23T20:49:30.000Z"},
      {"30m", "2026-11-23T20:21:00.000Z"},
      {"1h", "2026-11-23T19:51:00.000Z"},
      {"7d", "2026-11-16T20:51:00.000Z"},
      {"1w", "2026-11-16T20:51:00.000Z"},
      {"0s", "2026-11-23T20:51:00.000Z"},
      {"30000d", "1970-01-01T00:00:00.000Z"},
      {"100000000000d", "1970-01-01T00:00:00.000Z"},
      {"2026-11-23", "2026-11-23T00:00:00.000Z"},
      {"2026-11-23T20:51:00+08:00", "2026-11-23T12:51:00.000Z"},
  }));
  CAPTURE(text);
  CHECK(read_past(text) == expected);
  for (const char* wrong : {"", "1", "h", "-1h", "1 h", "1y", "yesterday", "1h30"}) {
    CAPTURE(wrong);
    CHECK(read_past(wrong).find("expected an age such as 1h, 7d or 1w, or a time") == 0);
  }
  CHECK(read_past("11/12/2026").find("nobody can tell day from month") != std::string::npos);
}

TEST_CASE("a time is read as people write it, in its own or the given zone") {
  const auto [text, in_utc, in_china] = GENERATE(values<Spelling>({
      {"2026-11-23", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"2026/11/23", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"2026.11.23", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"2026/1/3", "2026-01-03T00:00:00.000Z", "2026-01-02T16:00:00.000Z"},
      {"20261123", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"2026年11月23日", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"2026年1月3日 8:05", "2026-01-03T08:05:00.000Z", "2026-01-03T00:05:00.000Z"},
      {"23.11.2026", "2026-11-23T00:00:00.000Z", "2026-11-22T16:00:00.000Z"},
      {"3.1.2026 20:51", "2026-01-03T20:51:00.000Z", "2026-01-03T12:51:00.000Z"},
      {"2026-11-23 20:51:00", "2026-11-23T20:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026-11-23T20:51", "2026-11-23T20:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026/11/23  20:51:00.5", "2026-11-23T20:51:00.500Z", "2026-11-23T12:51:00.500Z"},
      {"20261123 20:51:00", "2026-11-23T20:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"20261123205100", "2026-11-23T20:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026-11-23T20:51:00+08:00", "2026-11-23T12:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026-11-23 20:51:00 +0800", "2026-11-23T12:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026-11-23 20:51:00 -03", "2026-11-23T23:51:00.000Z", "2026-11-23T23:51:00.000Z"},
      {"2026-11-23 20:51:00 UTC", "2026-11-23T20:51:00.000Z", "2026-11-23T20:51:00.000Z"},
      {"2026-11-23 20:51:00 UTC+8", "2026-11-23T12:51:00.000Z", "2026-11-23T12:51:00.000Z"},
      {"2026-11-23T20:51:00.123456789Z", "2026-11-23T20:51:00.123Z", "2026-11-23T20:51:00.123Z"},
      {"1795467060", "2026-11-23T20:51:00.000Z", "2026-11-23T20:51:00.000Z"},
      {"1795467060123", "2026-11-23T20:51:00.123Z", "2026-11-23T20:51:00.123Z"},
  }));
  CAPTURE(text);
  CHECK(read(text) == in_utc);
  CHECK(read(text, china) == in_china);
}

TEST_CASE("what RFC 3339 allows is read as time.h reads it") {
  const char* text =
      GENERATE("2026-11-23T20:51:00.123Z", "2026-11-23t20:51:00z", "2026-11-23 20:51:00Z",
               "2026-11-24T04:51:00+08:00", "2026-11-23", "2016-12-31T23:59:60Z",
               "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z");
  CAPTURE(text);
  CHECK(read(text) == to_rfc3339(*parse_time(text)));
}

TEST_CASE("an ambiguous date is refused with a hint how to write it") {
  const char* text = GENERATE("11/23/2026", "23/11/2026", "03/04/2026", "3/4/26", "03-04-2026",
                              "03/04/2026 20:51");
  CAPTURE(text);
  const std::string expected = read(text);
  CHECK(expected.find("a date such as 2026-01-12 or 12.01.2026") != std::string::npos);
  CHECK(expected.find("nobody can tell day from month") != std::string::npos);
}

TEST_CASE("a text that is no time is refused") {
  const char* text =
      GENERATE("", "now", "2026", "2026-11", "2026-13-01", "2025-02-29", "2026-11-31", "2026-11-00",
               "2026-11/23", "2026-11-23T", "2026-11-23 24:00", "2026-11-23 20:60",
               "2026-11-23 20:5", "2026-11-23 20:51:61", "2026-11-23 20:51:00.",
               "2026-11-23 20:51:00+8", "2026-11-23 20:51:00 CST", "2026-11-23 20:51:00 +24:00",
               "2026-11-23x", "23.11.26", "2026年11月23", "179546706", "17954670601", "20261323",
               "20261123246000", "1969-12-31", "10000-01-01", "-1795467060", "1.8E+12", "46350");
  CAPTURE(text);
  CHECK(read(text).starts_with("expected a time such as 2026-11-23T20:51:00Z"));
}

TEST_CASE("midnight of the first day is out of range in a zone ahead of UTC") {
  CHECK(read("1970-01-01") == "1970-01-01T00:00:00.000Z");
  CHECK(read("1970-01-01", china).starts_with("expected a time such as"));
}

TEST_CASE("a zone is UTC or what it is ahead of UTC") {
  struct Zone {
    const char* text;
    int minutes;
  };
  const auto [text, minutes] = GENERATE(values<Zone>({{"UTC", 0},
                                                      {"Z", 0},
                                                      {"GMT", 0},
                                                      {"+08:00", 480},
                                                      {"+0800", 480},
                                                      {"+08", 480},
                                                      {"UTC+8", 480},
                                                      {"-03:30", -210}}));
  CAPTURE(text);
  CHECK(std::get<Duration>(read_zone(text)) == std::chrono::minutes{minutes});
}

TEST_CASE("a zone by the name of a place is refused with the reason") {
  for (const char* text : {"", "8", "+8", "08:00", "CST", "+25:00", "+08:00x"}) {
    CAPTURE(text);
    CHECK(std::get<Problem>(read_zone(text)).text ==
          "expected UTC, or what it is ahead of UTC, such as +08:00");
  }
  const std::string why = std::get<Problem>(read_zone("Asia/Shanghai")).text;
  CHECK(why.find("such as +08:00") != std::string::npos);
  CHECK(why.find("changes over the years") != std::string::npos);
}

}  // namespace iotcard
