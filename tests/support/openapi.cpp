// SPDX-License-Identifier: Apache-2.0
#include "support/openapi.h"

#include <rapidjson/pointer.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "support/json_schema.h"
#include "support/yaml_json.h"

namespace iotcard {
namespace {

using Value = rapidjson::Value;

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string path_of(const std::string& target) {
  return target.substr(0, target.find('?'));
}

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool escape = text[i] == '%' && i + 2 < text.size();
    if (escape) std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    plain += escape ? static_cast<char>(byte) : text[i];
    if (escape) i += 2;
  }
  return plain;
}

std::string header_of(const std::map<std::string, std::string>& headers, const std::string& name) {
  for (const auto& [key, value] : headers) {
    if (upper(key) == upper(name)) return value;
  }
  return "";
}

std::string media_type_of(const std::string& content_type) {
  return content_type.substr(0, content_type.find_first_of("; "));
}

// By the levels of both; those in braces take anything.
bool fits(const std::string& path, const std::string& pattern,
          std::map<std::string, std::string>& parts) {
  const auto levels = split(path, '/');
  const auto wanted = split(pattern, '/');
  if (levels.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (wanted[i].starts_with('{') && !levels[i].empty()) {
      parts[wanted[i].substr(1, wanted[i].size() - 2)] = decoded(levels[i]);
    } else if (levels[i] != wanted[i]) {
      return false;
    }
  }
  return true;
}

std::size_t braces(const std::string& pattern) {
  return static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '{'));
}

// The value that a text in a path or query stands for; text if it is no other.
Value typed(const std::string& text, const Value& schema, rapidjson::Document& owner) {
  const std::string type =
      schema.HasMember("type") && schema["type"].IsString() ? schema["type"].GetString() : "string";
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (type == "integer" && error == std::errc{} && end == text.data() + text.size()) {
    return Value{number};
  }
  if (type == "boolean" && (text == "true" || text == "false")) return Value{text == "true"};
  return Value{text.c_str(), owner.GetAllocator()};
}

}  // namespace

OpenApi::OpenApi() : page_(json_of_yaml_file(IOTCARD_SOURCE_DIR "/schemas/openapi.yaml")) {
  const std::set<std::string> methods = {"get", "put", "post", "delete", "patch"};
  for (const auto& path : page_["paths"].GetObject()) {
    for (const auto& member : path.value.GetObject()) {
      if (!methods.contains(member.name.GetString())) continue;
      ApiOperation operation{upper(member.name.GetString()),
                             path.name.GetString(),
                             member.value["operationId"].GetString(),
                             "",
                             {}};
      for (const auto& way : member.value["security"].GetArray()) {
        operation.scope = way["bearer"][0].GetString();
      }
      if (member.value.HasMember("parameters")) {
        for (const Value& listed : member.value["parameters"].GetArray()) {
          const Value& parameter = resolve(listed);
          if (parameter["in"] == "query") operation.query.insert(parameter["name"].GetString());
        }
      }
      operations_.push_back(std::move(operation));
    }
  }
}

const ApiOperation* OpenApi::find(const HttpCall& request) const {
  Match found{};
  std::string error;
  return match(request, found, error) ? &operations_[found.operation] : nullptr;
}

// A path without braces goes before one with them, whatever the method.
bool OpenApi::match(const HttpCall& request, Match& match, std::string& error) const {
  const std::string path = path_of(request.target);
  std::size_t fewest = std::string::npos;
  for (const ApiOperation& operation : operations_) {
    std::map<std::string, std::string> parts;
    if (fits(path, operation.path, parts)) fewest = std::min(fewest, braces(operation.path));
  }
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    match = {i, {}};
    if (operations_[i].method == request.method && braces(operations_[i].path) == fewest &&
        fits(path, operations_[i].path, match.parts)) {
      return true;
    }
  }
  error = fewest == std::string::npos ? path + ": there is no such path"
                                      : path + ": not with " + request.method;
  return false;
}

const Value& OpenApi::resolve(const Value& value) const {
  if (!value.IsObject() || !value.HasMember("$ref")) return value;
  const std::string reference = value["$ref"].GetString();
  const rapidjson::Pointer pointer{reference.c_str()};
  const Value* target = pointer.IsValid() ? pointer.Get(page_) : nullptr;
  if (target == nullptr) throw std::runtime_error{reference + " leads nowhere"};
  return resolve(*target);
}

void OpenApi::inline_references(Value& schema, rapidjson::Document& owner) const {
  if (schema.IsObject() && schema.HasMember("$ref")) {
    Value target{resolve(schema), owner.GetAllocator()};
    schema = std::move(target);
  }
  if (schema.IsObject()) {
    for (auto& member : schema.GetObject()) inline_references(member.value, owner);
  } else if (schema.IsArray()) {
    for (auto& item : schema.GetArray()) inline_references(item, owner);
  }
}

// RapidJSON takes a reference to a reference for anything, so there are none left for it.
std::string OpenApi::breach(const Value& schema, const Value& value) const {
  rapidjson::Document whole;
  whole.CopyFrom(schema, whole.GetAllocator());
  inline_references(whole, whole);
  return schema_breach(whole, value).value_or("");
}

std::string OpenApi::value_error(const std::string& schema, const Value& value) const {
  const Value* found = rapidjson::Pointer{schema.c_str()}.Get(page_);
  if (found == nullptr) throw std::runtime_error{schema + " is not in the page"};
  return breach(*found, value);
}

const Value& OpenApi::node_of(const ApiOperation& operation) const {
  std::string method = operation.method;
  for (char& c : method) c = static_cast<char>(c + 0x20);
  return page_["paths"][operation.path.c_str()][method.c_str()];
}

const Value* OpenApi::parameter(const Value& operation, const std::string& in,
                                const std::string& name) const {
  if (!operation.HasMember("parameters")) return nullptr;
  for (const Value& listed : operation["parameters"].GetArray()) {
    const Value& parameter = resolve(listed);
    if (parameter["in"].GetString() == in && parameter["name"].GetString() == name) {
      return &parameter;
    }
  }
  return nullptr;
}

std::string OpenApi::text_error(const Value& parameter, const std::string& text) const {
  const Value& schema = resolve(parameter["schema"]);
  rapidjson::Document value;
  if (schema.HasMember("type") && schema["type"] == "array") {
    value.SetArray();
    for (const std::string& part : split(text, ',')) {
      value.PushBack(typed(part, resolve(schema["items"]), value), value.GetAllocator());
    }
  } else {
    static_cast<Value&>(value) = typed(text, schema, value);
  }
  const std::string error = breach(schema, value);
  return error.empty() ? "" : std::string{parameter["name"].GetString()} + ": " + error;
}

std::string OpenApi::query_error(const Value& operation, const std::string& target) const {
  std::set<std::string> seen;
  const std::size_t mark = target.find('?');
  const std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
  for (const std::string& pair : split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = decoded(pair.substr(0, equals));
    const Value* known = parameter(operation, "query", name);
    if (known == nullptr) return name + ": no such parameter";
    if (!seen.insert(name).second) return name + ": stands there twice";
    const std::string text = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (const std::string error = text_error(*known, text); !error.empty()) return error;
  }
  return "";
}

std::string OpenApi::body_error(const Value& content, const std::string& content_type,
                                const std::string& body) const {
  const std::string type = media_type_of(content_type);
  auto known = content.FindMember(type.c_str());
  if (known == content.MemberEnd()) known = content.FindMember("*/*");
  if (known == content.MemberEnd()) return "the body: not of Content-Type \"" + type + "\"";
  if (type != "application/json" || !known->value.HasMember("schema")) return "";
  try {
    const std::string error = breach(known->value["schema"], parse_json(body));
    return error.empty() ? "" : "the body: " + error;
  } catch (const std::runtime_error& error) {
    return std::string{"the body: "} + error.what();
  }
}

std::string OpenApi::request_error(const HttpCall& request) const {
  Match found{};
  std::string error;
  if (!match(request, found, error)) return error;
  const Value& operation = node_of(operations_[found.operation]);
  for (const auto& [name, text] : found.parts) {
    const Value* known = parameter(operation, "path", name);
    if (known == nullptr) return name + ": is in the path and is not described";
    error = text_error(*known, text);
    if (!error.empty()) return error;
  }
  error = query_error(operation, request.target);
  if (!error.empty()) return error;
  for (const auto& [name, text] : request.headers) {
    if (const Value* known = parameter(operation, "header", name)) error = text_error(*known, text);
    if (!error.empty()) return error;
  }
  const bool takes_body = operation.HasMember("requestBody");
  if (request.body.empty()) {
    return takes_body && operation["requestBody"]["required"].GetBool() ? "the body: is missing"
                                                                        : "";
  }
  if (!takes_body) return "the body: none is taken";
  return body_error(operation["requestBody"]["content"], header_of(request.headers, "Content-Type"),
                    request.body);
}

std::string OpenApi::answer_error(const HttpCall& request, const HttpReply& reply) const {
  Match found{};
  std::string error;
  if (!match(request, found, error)) return error;
  const Value& answers = node_of(operations_[found.operation])["responses"];
  const auto known = answers.FindMember(std::to_string(reply.status).c_str());
  if (known == answers.MemberEnd()) {
    return std::to_string(reply.status) + ": is no answer of " + operations_[found.operation].id;
  }
  const std::string type = header_of(reply.headers, "Content-Type");
  error = body_error(resolve(known->value)["content"], type, reply.body);
  if (!error.empty() || media_type_of(type) != "application/json") return error;
  const auto code = parse_json(reply.body)["code"].GetInt();
  return code == reply.status ? "" : "code " + std::to_string(code) + " is not the status";
}

std::string OpenApi::refusal_error(const HttpReply& reply) const {
  try {
    const auto body = parse_json(reply.body);
    const std::string error = value_error("/components/schemas/Error", body);
    if (!error.empty()) return error;
    return body["code"].GetInt() == reply.status ? "" : "code is not the status";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace iotcard
