// SPDX-License-Identifier: Apache-2.0
// digit.h - What a decimal digit is: ASCII only, whatever the locale. Pure; safe from any thread.
#pragma once

namespace iotcard {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace iotcard
