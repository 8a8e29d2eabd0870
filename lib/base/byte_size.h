// SPDX-License-Identifier: Apache-2.0
// byte_size.h - Amounts of data as people and platforms write them. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// Reads "500000000", "-500", "500MB" (10^6), "1.5 GiB" (2^30); letter case does not matter. A
// fraction of a byte is dropped. nullopt for anything else, and for a size that does not fit.
std::optional<std::int64_t> parse_byte_size(std::string_view text);

// A size for people, in powers of 1024, rounded to three digits: "94.0 MiB", "512 B", "-973 MiB".
std::string printable_byte_size(std::int64_t bytes);

// Reads a decimal number as JSON and carriers write it ("149.900390625", "-12", "1.5E3", blanks
// around it allowed) and multiplies it by `unit`, 1 to 2^40 bytes. Exact, without floating point:
// 42118.59 of 1000 bytes are 42118590. A fraction of a byte is dropped. nullopt for anything else,
// and for a number that does not fit.
std::optional<std::int64_t> amount_in_bytes(std::string_view text, std::int64_t unit);

}  // namespace iotcard
