// SPDX-License-Identifier: Apache-2.0
// iccid_value.h - Finds the raw characters of an ICCID in a payload, before any JSON rule
// for numbers or strings applies. Iccid::read() interprets them.
// For device_report.cpp and operations/explain.cpp. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace iotcard {

struct IccidValue {
  enum class Form {
    json,        // JSON that the parser reads itself: string, null, boolean, container
    missing,     // nothing between the colon and the comma
    non_finite,  // nan, inf
    bare,        // a bare token, or a number
    quoted,      // a string with raw control characters or quotes inside
    endless,     // the payload ends first
  };
  Form form;
  std::string_view token;  // of bare and quoted
  std::size_t first = 0;   // the part of the payload to replace
  std::size_t last = 0;
};

// `at` is where the value begins, behind white space: that of a member, or an element of an array,
// of which no bare token is read but an unquoted number.
IccidValue find_iccid_value(std::string_view payload, std::size_t at, bool in_array);

}  // namespace iotcard
