// SPDX-License-Identifier: Apache-2.0
// The parts of the session that need no broker.
#include <catch2/catch.hpp>

#include "broker/address.h"
#include "broker/backoff.h"
#include "broker/reasons.h"

using namespace iotcard;
using namespace std::chrono_literals;

TEST_CASE("a broker's URL is taken apart, with the port of its scheme") {
  struct Row {
    const char* url;
    bool tls;
    const char* host;
    std::uint16_t port;
  };
  for (const Row& row :
       {Row{"mqtt://h", false, "h", 1883}, Row{"mqtts://h", true, "h", 8883},
        Row{"mqtt://10.0.0.1:99", false, "10.0.0.1", 99}, Row{"mqtts://[::1]", true, "::1", 8883},
        Row{"mqtt://[fe80::1]:65535", false, "fe80::1", 65535}}) {
    CAPTURE(row.url);
    const BrokerAddress address = parse_broker_url(row.url);
    CHECK(address.tls == row.tls);
    CHECK(address.host == row.host);
    CHECK(address.port == row.port);
  }
}

TEST_CASE("what is no broker's URL is refused") {
  for (const char* url :
       {"", "h", "tcp://h", "mqtt://", "mqtt://:1883", "mqtt://h:", "mqtt://h:0", "mqtt://h:65536",
        "mqtt://h:1x", "mqtt://::1", "mqtt://[::1", "mqtt://[]:1", "mqtt://[::1]1"}) {
    CAPTURE(url);
    CHECK_THROWS_WITH(parse_broker_url(url), Catch::Contains("mqtt://HOST:PORT"));
  }
}

TEST_CASE("the ceiling of the back-off doubles up to its cap, and the time is anywhere below") {
  Backoff backoff{100ms, 1000ms};
  for (int round = 0; round < 2; ++round) {
    for (const auto ceiling : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
      const auto delay = backoff.next();
      CHECK(delay >= 50ms);
      CHECK(delay <= ceiling);
    }
    backoff.reset();
  }
  bool differs = false;
  const auto first = Backoff{1ms, 1000ms}.next();
  for (int i = 0; i < 100; ++i) {
    Backoff other{1000ms, 100000ms};
    differs = differs || other.next() != first;
  }
  CHECK(differs);
}

TEST_CASE("a back-off whose cap is below its least never grows") {
  Backoff backoff{100ms, 10ms};
  for (int i = 0; i < 5; ++i) CHECK(backoff.next() <= 100ms);
}

TEST_CASE("a broker's codes are told in words, those of 3.1.1 like those of 5") {
  CHECK(connack_reason(5) == connack_reason(0x87));
  CHECK(connack_reason(5) == "not authorised");
  CHECK(connack_reason(4) == connack_reason(0x86));
  CHECK(reason_text(0x8e).find("same client id") != std::string::npos);
  CHECK(reason_text(0x97).find("(0x97)") != std::string::npos);
  CHECK_FALSE(reason_text(0xfe).empty());
  CHECK(refuses_version(1));
  CHECK(refuses_version(0x84));
  CHECK_FALSE(refuses_version(0x87));
}
