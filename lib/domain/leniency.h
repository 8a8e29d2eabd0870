// SPDX-License-Identifier: Apache-2.0
// leniency.h - The repairs that make a broken report readable, in the order in which they are
// tried. A report has the set of those that changed something. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/enum_set.h"
#include "base/name_table.h"

namespace iotcard {

enum class Leniency : std::uint8_t {
  // of the payload
  bom,                 // a byte order mark before the object
  leading_bytes,       // NUL and control bytes before the object
  gb18030_text,        // bytes that are not UTF-8 but are GB18030: decoded
  invalid_utf8,        // neither, or half a surrogate pair: replaced by U+FFFD
  trailing_bytes,      // NUL and control bytes after the object
  trailing_comma,      // a comma before } or ]
  non_finite_number,   // nan, inf and similar, read as null
  missing_value,       // "iccid":, read as absent
  control_characters,  // raw ones inside a string, read as if they were escaped
  // of the ICCID
  unquoted_iccid,  // a bare token instead of a JSON string
  trimmed,         // blanks and control characters around it, a second pair of quotes
  at_response,     // the modem's whole answer: label, quotes, other fields and lines, a final OK
  separators,      // blanks and hyphens inside, full-width digits
  lower_case,      // a to f
  nibble_swapped,  // begins 98: the card file's nibble order, as 3GPP TS 31.102 stores it
  leading_filler,  // an F before 89
  filler,          // F after the last digit while more than 18 characters remain
};

inline constexpr auto leniency_names = make_name_table<Leniency>(
    "bom", "leading-bytes", "gb18030-text", "invalid-utf8", "trailing-bytes", "trailing-comma",
    "non-finite-number", "missing-value", "control-characters", "unquoted-iccid", "trimmed",
    "at-response", "separators", "lower-case", "nibble-swapped", "leading-filler", "filler");

using Leniencies = EnumSet<Leniency>;

}  // namespace iotcard
