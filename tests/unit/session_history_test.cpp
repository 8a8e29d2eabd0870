// SPDX-License-Identifier: Apache-2.0
#include "broker/session_history.h"

#include <catch2/catch.hpp>

using namespace iotcard;
using Catch::Contains;

namespace {

const Instant start = *parse_time("2026-11-30T08:00:00Z");

Instant at(int seconds) {
  return start + std::chrono::seconds{seconds};
}

void flap(SessionHistory& history, int begin, int end) {
  history.connected(at(begin));
  history.ended(at(end), "the connection broke", false);
}

}  // namespace

TEST_CASE("a session that was taken over warns of the other client for ten minutes") {
  SessionHistory history{"iotcardd"};
  history.connected(at(0));
  CHECK(history.warnings(at(1)).empty());
  history.taken_over(at(2));
  history.ended(at(2), "session taken over", false);
  const auto warnings = history.warnings(at(3));
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0],
             Contains("session taken over once, the last time at 2026-11-30T08:00:02"));
  CHECK_THAT(warnings[0], Contains("client id iotcardd"));
  CHECK_THAT(warnings[0], Contains("give each daemon a broker.client_id of its own"));
  CHECK(history.warnings(at(3)) == history.warnings(at(400)));  // published once
  CHECK(history.warnings(at(602)).empty());
  CHECK(history.counts().takeovers == 1);
  CHECK(history.counts().connections == 1);
}

TEST_CASE("connections that end within seconds are flapping, also without a reason") {
  SessionHistory history{"meters"};
  flap(history, 0, 1);
  flap(history, 2, 3);
  CHECK(history.warnings(at(4)).empty());
  flap(history, 4, 33);
  const auto warnings = history.warnings(at(34));
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("3 connections in a row ended within 30 s"));
  CHECK_THAT(warnings[0], Contains("another client with the client id meters"));
  CHECK(history.warnings(at(640)).empty());
}

TEST_CASE("what is not flapping: long connections, failed attempts, leaving the broker") {
  SessionHistory history{"iotcardd"};
  for (int i = 0; i < 5; ++i) flap(history, i * 100, i * 100 + 31);
  for (int i = 0; i < 5; ++i) history.ended(at(500), "connection refused", false);
  for (int i = 0; i < 5; ++i) {
    history.connected(at(510));
    history.ended(at(511), "on hold", true);
  }
  CHECK(history.warnings(at(512)).empty());
  flap(history, 600, 601);
  flap(history, 602, 603);
  flap(history, 604, 700);  // it lasted: what came before does not count
  flap(history, 701, 702);
  CHECK(history.warnings(at(703)).empty());
}

TEST_CASE("another client on the status topic is warned of until it is offline, and told once") {
  SessionHistory history{"first"};
  CHECK(history.add_rival("second"));
  CHECK_FALSE(history.add_rival("second"));
  REQUIRE(history.warnings(at(0)).size() == 1);
  CHECK_THAT(history.warnings(at(0))[0], Contains("another daemon (client id second)"));
  CHECK_THAT(history.warnings(at(0))[0], Contains("events.prefix"));
  history.remove_rival("second");
  CHECK(history.warnings(at(0)).empty());
  CHECK_FALSE(history.add_rival("second"));
  CHECK(history.warnings(at(0)).size() == 1);
  for (int i = 0; i < 1000; ++i) history.add_rival(std::to_string(i));  // bounded
  CHECK(history.warnings(at(0)).size() == 10);
}
