// SPDX-License-Identifier: Apache-2.0
// nearest_name.h - Which name somebody meant who mistyped it, for "did you mean". Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

// The known name that differs from the word by at most two characters (Levenshtein distance) and in
// less than half of them; the first of several that are equally near. nullopt: there is none.
std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& known);

}  // namespace iotcard
