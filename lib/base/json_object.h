// SPDX-License-Identifier: Apache-2.0
// json_object.h - A flat JSON object from an operator: up to 100 members in their order, each a
// text, a whole number, a boolean or null, or, where that is allowed, an array of up to 1000 texts
// or of whole numbers. A number keeps its digits and is not rounded. Not for reports, which are
// read leniently. Pure; any thread. Source: RFC 8259.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/problem.h"

namespace iotcard {

struct JsonMember {
  enum class Kind : std::uint8_t { null, text, integer, boolean, texts, integers };
  std::string name;
  Kind kind = Kind::null;
  // Of an integer its digits, of a boolean "true" or "false", of null and arrays "".
  std::string text;
  std::vector<std::string> items{};  // of texts; of integers their digits
};

enum class JsonArrays : std::uint8_t { refused, allowed };
std::variant<std::vector<JsonMember>, Problem> read_flat_json(
    std::string_view json, JsonArrays arrays = JsonArrays::refused);

}  // namespace iotcard
