// SPDX-License-Identifier: Apache-2.0
#include "support/event_schema.h"

#include <rapidjson/error/en.h>

#include <fstream>
#include <iterator>

#include "support/json_schema.h"

namespace iotcard {
namespace {

const rapidjson::Document& event_schema() {
  static const rapidjson::Document schema = [] {
    std::ifstream file{IOTCARD_SOURCE_DIR "/schemas/event.schema.json"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return parse_json(text);
  }();
  return schema;
}

}  // namespace

std::optional<std::string> schema_error(std::string_view event_json) {
  rapidjson::Document event;
  event.Parse(event_json.data(), event_json.size());
  if (event.HasParseError()) {
    return std::string{"not JSON: "} + GetParseError_En(event.GetParseError());
  }
  const rapidjson::Document& schema = event_schema();
  const auto error = schema_breach(schema, event);
  if (!error) return std::nullopt;
  // The schema as a whole only says that no kind fits. Its own kind says why.
  if (!event.IsObject() || !event.HasMember("type") || !event["type"].IsString()) return error;
  const std::string type = event["type"].GetString();
  const auto kind = schema["definitions"].FindMember(type.substr(type.find('.') + 1).c_str());
  if (kind == schema["definitions"].MemberEnd()) return "unknown type " + type;
  rapidjson::Document own;
  own.CopyFrom(kind->value, own.GetAllocator());
  own.AddMember("definitions", rapidjson::Value{schema["definitions"], own.GetAllocator()},
                own.GetAllocator());
  return schema_breach(own, event).value_or(*error);
}

}  // namespace iotcard
