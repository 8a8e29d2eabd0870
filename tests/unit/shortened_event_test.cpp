// SPDX-License-Identifier: Apache-2.0
// An event that quotes a payload is made to fit, and stays valid.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/utf8.h"
#include "domain/event.h"
#include "support/event_schema.h"

using namespace iotcard;

namespace {

std::string rejected(const std::string& payload, const std::string& topic = "/1/R/info/post") {
  return with_event_id(
      event_json(rejection_event(DeviceKey{"1", "R"}, topic, {RejectionReason::truncated, 7},
                                 payload, payload.size(), Instant{})),
      "0123456789abcdef:7");
}

std::string quoted_in(const std::string& json, const char* key = "payload") {
  rapidjson::Document document;
  document.Parse(json.c_str());
  REQUIRE_FALSE(document.HasParseError());
  const auto& data = document["data"];
  CHECK(data["payload_cut"].IsTrue());
  return data[key].GetString();
}

}  // namespace

TEST_CASE("an event that fits stays as it is") {
  const std::string event = rejected("{\"iccid\":");
  CHECK(shortened_event(event, event.size()) == event);
}

TEST_CASE("a quoted payload is cut between characters and escapes, whatever the limit") {
  const std::string payload = "{\"a\":\"\x01\\ 电信\xf0\x9f\x98\x80\",\"payload\":\"x\"}\n\t\"end";
  const std::string event = rejected(payload);
  std::size_t shortest = 0;
  for (std::size_t limit = event.size() - 1; limit > 0; --limit) {
    const auto shortened = shortened_event(event, limit);
    if (!shortened) {
      shortest = limit;
      break;
    }
    CHECK(shortened->size() <= limit);
    CHECK(is_utf8(*shortened));
    CHECK(payload.starts_with(quoted_in(*shortened)));
    CHECK(schema_error(*shortened).value_or("") == "");
  }
  CHECK(shortest > event.find(R"(,"payload":")"));
}

TEST_CASE("a payload in base64 stays base64") {
  const std::string event = rejected(std::string(100, '\xff') + "{");
  for (std::size_t limit = event.size() - 1; limit > event.size() - 20; --limit) {
    const auto shortened = shortened_event(event, limit);
    REQUIRE(shortened.has_value());
    CHECK(quoted_in(*shortened, "payload_base64").size() % 4 == 0);
    CHECK(schema_error(*shortened).value_or("") == "");
  }
}

TEST_CASE("a topic that looks like the payload's key is not cut") {
  const std::string topic = R"(/x","payload":"y)";
  const auto shortened = shortened_event(rejected(std::string(500, 'p'), topic), 500);
  REQUIRE(shortened.has_value());
  rapidjson::Document document;
  document.Parse(shortened->c_str());
  REQUIRE_FALSE(document.HasParseError());
  CHECK(document["data"]["topic"].GetString() == topic);
}

TEST_CASE("an event without a quoted payload cannot be shortened") {
  const std::string event = event_json(
      {EventKind::binding_confirmed, DeviceKey{"1", "D"}, {}, Instant{}, R"({"match":"exact"})"});
  CHECK_FALSE(shortened_event(event, event.size() - 1));
}
