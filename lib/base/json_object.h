// SPDX-License-Identifier: Apache-2.0
// json_object.h - A flat JSON object from an operator: up to 100 members in their order, each a
// text, a whole number, a boolean or null. A number keeps its digits and is not rounded. Not for
// reports, which are read leniently. Pure; any thread. Source: RFC 8259.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/problem.h"

namespace iotcard {

struct JsonMember {
  enum class Kind : std::uint8_t { null, text, integer, boolean };
  std::string name;
  Kind kind = Kind::null;
  std::string text;  // of an integer its digits, of a boolean "true" or "false", of null ""
};

std::variant<std::vector<JsonMember>, Problem> read_flat_json(std::string_view json);

}  // namespace iotcard
