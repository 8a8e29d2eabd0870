// SPDX-License-Identifier: Apache-2.0
#include "support/event_schema.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace iotcard {
namespace {

const rapidjson::Document& event_schema() {
  static const rapidjson::Document schema = [] {
    const std::string path = IOTCARD_SOURCE_DIR "/schemas/event.schema.json";
    std::ifstream file{path};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    if (document.HasParseError()) throw std::runtime_error(path + " is not JSON");
    return document;
  }();
  return schema;
}

std::string text_of(const rapidjson::Pointer& pointer) {
  rapidjson::StringBuffer buffer;
  pointer.StringifyUriFragment(buffer);
  return buffer.GetString();
}

std::optional<std::string> validate(const rapidjson::Document& schema,
                                    const rapidjson::Document& event) {
  const rapidjson::SchemaDocument compiled{schema};
  rapidjson::SchemaValidator validator{compiled};
  if (event.Accept(validator)) return std::nullopt;
  return text_of(validator.GetInvalidDocumentPointer()) + " breaks \"" +
         validator.GetInvalidSchemaKeyword() + "\" of " +
         text_of(validator.GetInvalidSchemaPointer());
}

}  // namespace

std::optional<std::string> schema_error(std::string_view event_json) {
  rapidjson::Document event;
  event.Parse(event_json.data(), event_json.size());
  if (event.HasParseError()) {
    return std::string{"not JSON: "} + GetParseError_En(event.GetParseError());
  }
  const rapidjson::Document& schema = event_schema();
  const auto error = validate(schema, event);
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
  return validate(own, event).value_or(*error);
}

}  // namespace iotcard
