// SPDX-License-Identifier: Apache-2.0
// byte_size.h - Amounts of data as people write them. Pure; any thread.
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

}  // namespace iotcard
