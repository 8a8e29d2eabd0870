// SPDX-License-Identifier: Apache-2.0
// byte_size.h - Amounts of data as people and platforms write them. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// "500000000", "-500", "500MB" (10^6), "1.5 GiB" (2^30); letter case does not matter. A part of a
// byte is dropped. nullopt for anything else, and for what does not fit the type.
std::optional<std::int64_t> parse_byte_size(std::string_view text);

// For people, in powers of 1024 and rounded to three digits: "94.0 MiB", "512 B", "-973 MiB".
std::string printable_byte_size(std::int64_t bytes);

// Decimal numbers as JSON and carriers write them, multiplied by a unit (1 to 2^40), as whole
// bytes. Without floating point: 42118.59 KB are 42118590 bytes. Reads "149.900390625", "-12",
// "1.5E3", with blanks around it. A fraction of a byte is dropped. nullopt for anything else, and
// for a number that does not fit.
std::optional<std::int64_t> amount_in_bytes(std::string_view text, std::int64_t unit);

}  // namespace iotcard
