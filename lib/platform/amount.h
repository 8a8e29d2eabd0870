// SPDX-License-Identifier: Apache-2.0
// amount.h - Decimal numbers as JSON and carriers write them, multiplied by a unit, as whole bytes.
// Without floating point: 42118.59 KB are 42118590 bytes. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace iotcard {

// Reads "149.900390625", "-12", "1.5E3", with blanks around it. A fraction of a byte is dropped.
// nullopt for anything else, and for a number that does not fit. `unit`: 1 to 2^40.
std::optional<std::int64_t> amount_in_bytes(std::string_view text, std::int64_t unit);

}  // namespace iotcard
