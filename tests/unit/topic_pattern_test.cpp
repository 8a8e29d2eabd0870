// SPDX-License-Identifier: Apache-2.0
#include "domain/topic_pattern.h"

#include <catch2/catch.hpp>

using namespace iotcard;

TEST_CASE("a pattern gives its filter, matches devices and gives their topics") {
  const TopicPattern pattern{"/{product}/{device}/info/post"};
  CHECK(pattern.filter() == "/+/+/info/post");
  CHECK(pattern.match("/1/D6O0RUN27PPP/info/post") == DeviceKey{"1", "D6O0RUN27PPP"});
  CHECK(pattern.topic({"1", "D6"}) == "/1/D6/info/post");
  CHECK(pattern.request_topic({"1", "D6"}) == "/1/D6/info/get");
}

TEST_CASE("a topic of another shape belongs to no device") {
  const TopicPattern pattern{"/{product}/{device}/info/post"};
  for (const char* topic : {"", "/", "1/D6/info/post", "/1/D6/info/get", "/1/D6/info/post/",
                            "/1/D6/x/info/post", "//D6/info/post", "/1//info/post", "/1/D6/info"}) {
    CAPTURE(topic);
    CHECK_FALSE(pattern.match(topic));
  }
  CHECK_FALSE(pattern.match(std::string_view{"/1/D\x01/info/post"}));
  CHECK_FALSE(pattern.match(std::string_view{"/1/D\xFF/info/post"}));
}

TEST_CASE("a topic that begins with $ belongs to no device") {
  const TopicPattern pattern{"{product}/{device}"};
  CHECK(pattern.filter() == "+/+");
  CHECK(pattern.match("SYS/broker"));
  CHECK_FALSE(pattern.match("$SYS/broker"));
  CHECK(TopicPattern{"/{product}/{device}"}.match("/$SYS/broker"));
}

TEST_CASE("names are bounded, so that an event's topic always fits") {
  const TopicPattern pattern{"/{product}/{device}/info/post"};
  CHECK(pattern.match("/1/" + std::string(max_name_bytes, 'x') + "/info/post"));
  CHECK_FALSE(pattern.match("/1/" + std::string(max_name_bytes + 1, 'x') + "/info/post"));
}

TEST_CASE("the device may come before the product") {
  const TopicPattern pattern{"fleet/{device}/{product}"};
  CHECK(pattern.match("fleet/D6/1") == DeviceKey{"1", "D6"});
  CHECK_FALSE(pattern.request_topic({"1", "D6"}));
}

TEST_CASE("a pattern needs both names once, as whole levels") {
  CHECK_FALSE(TopicPattern::check("/{product}/{device}/info/post"));
  for (const char* pattern :
       {"", "/info/post", "/{product}/info", "/{device}/info", "/{product}/{product}/{device}",
        "/x{product}/{device}", "/{product}/{device}/#", "$SYS/{product}/{device}",
        "/{product}/{device}/{other}", "a\t/{product}/{device}", "a\u0085/{product}/{device}"}) {
    CAPTURE(pattern);
    CHECK(TopicPattern::check(pattern));
  }
}

TEST_CASE("a device is named product/number") {
  CHECK(DeviceKey::parse("1/D6") == DeviceKey{"1", "D6"});
  for (const char* text : {"", "1", "1/", "/D6", "1/D/6", "1/+", "#/D6", "1/D\n", "1/D\x7f"}) {
    CAPTURE(text);
    CHECK_FALSE(DeviceKey::parse(text));
  }
}

TEST_CASE("a name that a broker may refuse in a topic names no device") {
  for (const char* name : {"\xC2\x80", "\xC2\x9F", "\xEF\xB7\x90", "\xEF\xBF\xBE", "\xEF\xBF\xBF",
                           "\xF0\x9F\xBF\xBE", "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(name);
    CHECK_FALSE(is_topic_level(name));
  }
  for (const char* name : {"\xC2\xA0", "\xEF\xBF\xBD", "\xEF\xB7\x8F", "\xE4\xB8\xAD"}) {
    CAPTURE(name);
    CHECK(is_topic_level(name));
  }
}

TEST_CASE("a pattern without {product} has a fixed one") {
  CHECK(TopicPattern::check("router/{device}/iccid"));
  CHECK(TopicPattern::check("/{product}/{device}", "rutx"));
  CHECK_FALSE(TopicPattern::check("router/{device}/iccid", "rutx"));
  const TopicPattern pattern{"router/{device}/iccid", "rutx"};
  CHECK(pattern.filter() == "router/+/iccid");
  CHECK(pattern.match("router/1100000001/iccid") == DeviceKey{"rutx", "1100000001"});
  CHECK_FALSE(pattern.match("router/1100000001/imei"));
  CHECK(pattern.topic({"rutx", "7"}) == "router/7/iccid");
  CHECK(pattern.has_product("rutx"));
  CHECK_FALSE(pattern.has_product("other"));
}

TEST_CASE("+ in a pattern stands for any one level") {
  const TopicPattern pattern{"v1/+/{product}/{device}/post"};
  CHECK(pattern.filter() == "v1/+/+/+/post");
  CHECK(pattern.match("v1/eu/1/D6/post") == DeviceKey{"1", "D6"});
  CHECK(pattern.match("v1//1/D6/post") == DeviceKey{"1", "D6"});
  CHECK_FALSE(pattern.match("v1/eu/west/1/D6/post"));
  CHECK_FALSE(pattern.request_topic({"1", "D6"}));
}

TEST_CASE("a pattern may begin with $, but not with the broker's own topics") {
  CHECK(TopicPattern::check("$SYS/{device}", "aws"));
  CHECK(TopicPattern::check("$share/g/{device}", "aws"));
  const TopicPattern shadow{"$aws/things/{device}/shadow/update", "aws"};
  CHECK(shadow.match("$aws/things/pump-7/shadow/update") == DeviceKey{"aws", "pump-7"});
  CHECK_FALSE(TopicPattern{"+/things/{device}", "aws"}.match("$aws/things/pump-7"));
}

TEST_CASE("two patterns overlap if some topic matches both") {
  const auto overlap = [](const char* a, const char* b) {
    const TopicPattern one{a};
    const TopicPattern other{b};
    CHECK(one.overlaps(other) == other.overlaps(one));
    return one.overlaps(other);
  };
  CHECK(overlap("/{product}/{device}/info/post", "/{product}/{device}/info/post"));
  CHECK(overlap("/{product}/{device}/info/post", "/{device}/{product}/+/post"));
  CHECK(overlap("a/{product}/{device}", "{product}/b/{device}"));
  CHECK_FALSE(overlap("/{product}/{device}/info/post", "/{product}/{device}/info/get"));
  CHECK_FALSE(overlap("/{product}/{device}/up", "/{product}/{device}/up/x"));
  CHECK_FALSE(overlap("$aws/{product}/{device}", "{product}/x/{device}"));
}
