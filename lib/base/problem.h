// SPDX-License-Identifier: Apache-2.0
// problem.h - Why an input is refused, for a person: "expected true or false". Bad input is data: a
// check returns a Check, a reader std::variant<Value, Problem>. Not for a failing environment,
// which is an exception. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

struct Problem {
  std::string text;
  friend bool operator==(const Problem&, const Problem&) = default;
};

using Check = std::optional<Problem>;  // nullopt: the input is good

inline Problem expected(std::string_view what) {
  return {"expected " + std::string{what}};
}
inline Check not_empty(const std::string& text) {
  return text.empty() ? Check{expected("a text that is not empty")} : std::nullopt;
}

}  // namespace iotcard
