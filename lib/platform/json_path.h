// SPDX-License-Identifier: Apache-2.0
// json_path.h - A path into JSON: a JSON Pointer (RFC 6901) in which `*` stands for every element
// or member, and `[kind=iccid]` for the elements of an array whose member `kind` is that text, in
// any letter case. Only the path; json_answer.h follows it. A value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iotcard {

struct JsonPath {
  std::string text;
  std::vector<std::string> tokens;  // unescaped
};
// Whether a token is such a `[kind=iccid]`. Of an object it is the name of a member.
bool is_selector(std::string_view token);
// The path, or what is expected instead.
std::variant<JsonPath, std::string> parse_json_path(std::string_view text);

}  // namespace iotcard
