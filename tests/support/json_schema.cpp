// SPDX-License-Identifier: Apache-2.0
#include "support/json_schema.h"

#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <stdexcept>

namespace iotcard {
namespace {

std::string text_of(const rapidjson::Pointer& pointer) {
  rapidjson::StringBuffer buffer;
  pointer.StringifyUriFragment(buffer);
  return buffer.GetString();
}

}  // namespace

std::optional<std::string> schema_breach(const rapidjson::Value& schema,
                                         const rapidjson::Value& value) {
  const rapidjson::SchemaDocument compiled{schema};
  rapidjson::SchemaValidator validator{compiled};
  if (value.Accept(validator)) return std::nullopt;
  return text_of(validator.GetInvalidDocumentPointer()) + " breaks \"" +
         validator.GetInvalidSchemaKeyword() + "\" of " +
         text_of(validator.GetInvalidSchemaPointer());
}

rapidjson::Document parse_json(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError()) {
    throw std::runtime_error{"not JSON at byte " + std::to_string(document.GetErrorOffset()) +
                             ": " + GetParseError_En(document.GetParseError())};
  }
  return document;
}

}  // namespace iotcard
