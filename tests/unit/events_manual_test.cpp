// SPDX-License-Identifier: Apache-2.0
// iotcard-events(7) names the members of each kind of event as event.schema.json has them.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "domain/event.h"

using namespace iotcard;

namespace {

std::string text_of_file(const std::string& name) {
  std::ifstream file{std::string{IOTCARD_SOURCE_DIR} + "/" + name};
  REQUIRE(file);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string with_marks_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '_') out += '\\';
    out += c;
  }
  return out;
}

// "device, iccid. May have late."
std::string members_text(const rapidjson::Value& data) {
  std::set<std::string> required;
  for (const auto& name : data["required"].GetArray()) required.insert(name.GetString());
  std::string always;
  std::string may;
  for (const auto& member : data["properties"].GetObject()) {
    std::string& list = required.contains(member.name.GetString()) ? always : may;
    if (!list.empty()) list += ", ";
    list += member.name.GetString();
  }
  return always + "." + (may.empty() ? "" : " May have " + may + ".");
}

}  // namespace

TEST_CASE("the manual of events has the members of each kind as the schema has them") {
  const std::string page = text_of_file("docs/man/iotcard-events.7.scd");
  rapidjson::Document schema;
  schema.Parse(text_of_file("schemas/event.schema.json").c_str());
  REQUIRE_FALSE(schema.HasParseError());
  const auto& definitions = schema["definitions"];
  for (const std::string_view name : event_names.names) {
    const std::string kind{name};
    CAPTURE(kind);
    const rapidjson::Value* data = &definitions[kind.c_str()]["properties"]["data"];
    if (data->HasMember("$ref")) {
      const std::string reference = (*data)["$ref"].GetString();
      data = &definitions[reference.substr(reference.rfind('/') + 1).c_str()];
    }
    const std::string expected = with_marks_escaped("*" + kind + "*\n\t" + members_text(*data));
    INFO("expected in docs/man/iotcard-events.7.scd:\n" << expected);
    CHECK(page.find(expected + "\n") != std::string::npos);
    for (const auto& member : (*data)["properties"].GetObject()) {
      INFO("the page says what this member is: " << member.name.GetString());
      CHECK(page.find(with_marks_escaped("*" + std::string{member.name.GetString()} + "*")) !=
            std::string::npos);
    }
  }
}
