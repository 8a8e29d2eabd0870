// SPDX-License-Identifier: Apache-2.0
// json_scan.h - Looks ahead in JSON-like bytes: white space, strings, and the tokens that firmware
// prints in the place of a JSON value. Not a parser: RapidJSON decides what is JSON.
// Pure; any thread. Source: RFC 8259.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// The first position from `at` on that is no JSON white space; the size if there is none.
std::size_t skip_space(std::string_view text, std::size_t at);

// Behind the closing quote of the string that opens at `at`; npos if it does not end.
std::size_t end_of_string(std::string_view text, std::size_t at);

// True if a value may end at `at`: white space, then } or ], or a comma that another member, or
// the end, follows. Only for members of an object.
bool member_ends_at(std::string_view text, std::size_t at);

// The length of a nan, inf or similar at `at`, if a delimiter follows; 0 otherwise.
std::size_t non_finite_length(std::string_view text, std::size_t at);

// The length of a JSON number at `at` that RapidJSON may refuse for its size although it is legal:
// one with an exponent, or a very long one. 0 for all else.
std::size_t oversize_number_length(std::string_view text, std::size_t at);

// Where the value of a member begins, given the position behind its key.
std::optional<std::size_t> value_behind_key(std::string_view text, std::size_t at);

// JSON text whose strings may have raw control characters, with those as escapes.
std::string escape_controls_in_strings(std::string_view text);

// The next \uD800 to \uDFFF, from `at` on, that is not half of a pair; npos if there is none.
// JSON's grammar allows it, Unicode does not. `at` must not be behind a backslash.
std::size_t find_lone_surrogate(std::string_view text, std::size_t at);
inline constexpr std::size_t unicode_escape_bytes = 6;

}  // namespace iotcard
