// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "domain/topic_pattern.h"

using namespace iotcard;

TEST_CASE("the topic of a card state has a prefix of any depth and the card as one level") {
  CHECK(card_state_filter("iotcard") == "iotcard/card/+/state/set");
  for (const std::string prefix : {"iotcard", "a/b", "card", "x/card/y"}) {
    const std::string topic = prefix + "/card/898604293620C0000970/state/set";
    const auto read = read_state_topic(topic);
    REQUIRE(read);
    CHECK(read->prefix == prefix);
    CHECK(read->card == "898604293620C0000970");
  }
  CHECK(read_state_topic("iotcard/card//state/set")->card == "");
}

TEST_CASE("other topics are not topics of a card state") {
  for (const std::string topic :
       {"", "/state/set", "card/8986/state/set", "iotcard/card/8986/state",
        "iotcard/card/8986/state/get", "iotcard/card/8986/x/state/set",
        "iotcard/cards/8986/state/set", "iotcard/card/state/set", "/1/D1/info/post",
        "iotcard/card/8986/state/set/"}) {
    CAPTURE(topic);
    CHECK_FALSE(read_state_topic(topic));
  }
}

TEST_CASE("a daemon that shares the reports has a status topic of its own") {
  CHECK(status_topic("iotcard", "", "a") == "iotcard/status");
  CHECK(status_topic("site/iotcard", "group", "a") == "site/iotcard/status/a");
  CHECK(shared_status_filter("site/iotcard") == "site/iotcard/status/+");
}
