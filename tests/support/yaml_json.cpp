// SPDX-License-Identifier: Apache-2.0
#include "support/yaml_json.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <stdexcept>

namespace iotcard {
namespace {

using Value = rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

template <typename Number>
bool is_number(const std::string& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && at == end;
}

Value scalar_of(const YAML::Node& node, Allocator& allocator) {
  const std::string& text = node.Scalar();
  const bool plain = node.Tag() == "?";
  std::int64_t integer = 0;
  double real = 0;
  if (plain && (text == "true" || text == "false")) return Value{text == "true"};
  if (plain && is_number(text, integer)) return Value{integer};
  const bool looks_real = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (plain && looks_real && is_number(text, real)) return Value{real};
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator};
}

Value value_of(const YAML::Node& node, Allocator& allocator) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar_of(node, allocator);
    case YAML::NodeType::Sequence: {
      Value array{rapidjson::kArrayType};
      for (const auto& item : node) array.PushBack(value_of(item, allocator), allocator);
      return array;
    }
    case YAML::NodeType::Map: {
      Value object{rapidjson::kObjectType};
      for (const auto& member : node) {
        const std::string& name = member.first.Scalar();
        if (object.HasMember(name.c_str())) {
          throw std::runtime_error{"line " + std::to_string(member.first.Mark().line + 1) + ": " +
                                   name + " stands there twice"};
        }
        object.AddMember(Value{name.c_str(), allocator}, value_of(member.second, allocator),
                         allocator);
      }
      return object;
    }
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  return Value{};
}

}  // namespace

rapidjson::Document json_of_yaml_file(const std::string& path) {
  rapidjson::Document document;
  Value value = value_of(YAML::LoadFile(path), document.GetAllocator());
  static_cast<Value&>(document).Swap(value);
  return document;
}

}  // namespace iotcard
