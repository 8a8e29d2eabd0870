// SPDX-License-Identifier: Apache-2.0
// json_object.h - A flat JSON object, such as an operator sends it: names with texts, whole
// numbers, booleans and null, in their order, 100 at most. A number keeps its own digits, so that a
// long one is not rounded. Not for reports: those are forgiven, this is not. Pure; any thread.
// Source: RFC 8259.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iotcard {

struct JsonMember {
  enum class Kind : std::uint8_t { null, text, integer, boolean };
  std::string name;
  Kind kind = Kind::null;
  std::string text;  // of an integer its digits, of a boolean "true" or "false", of null ""
};

// What is wrong, for a person, where it is no such object.
struct JsonProblem {
  std::string text;
};

std::variant<std::vector<JsonMember>, JsonProblem> read_flat_json(std::string_view json);

}  // namespace iotcard
