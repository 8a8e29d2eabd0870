// SPDX-License-Identifier: Apache-2.0
// list_numbers.h - Numbers as people and spreadsheets write them in lists: "1.234,56", "1 234,5",
// "1,234.56 MB". Knows nothing of units. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/problem.h"

namespace iotcard {

// The number at the beginning of `text` with a point before its fraction and nothing between its
// thousands, and what follows it as it is. `decimal`, "." or ",", is what the list has before
// fractions; without it only what can be one number is changed: "1.234,56" and "1,5", and "1,234"
// is a problem. A text that is no number in this grammar stays as it is.
std::variant<std::string, Problem> plain_number(std::string_view text, std::optional<char> decimal);

}  // namespace iotcard
