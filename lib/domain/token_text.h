// SPDX-License-Identifier: Apache-2.0
// token_text.h - The characters that firmware and people put around and into a number: blanks,
// hyphens, quotes, full-width digits, as UTF-8. What a number means is for its reader, see iccid.h
// and imei.h. Pure; any thread. Source: Unicode 15, general categories Zs, Cf and Pd.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

// Without blanks and control characters at both ends.
std::string_view trim_blanks(std::string_view text);

constexpr bool is_quote(char c) {
  return c == '"' || c == '\'';
}
// Without quotes at both ends, paired or not, and blanks around them.
std::string_view trim_quotes(std::string_view text);

// Removes blanks, line ends and hyphens; full-width digits and letters become ASCII. A hyphen at an
// end stays: it may be a sign.
std::string without_separators(std::string_view text);

}  // namespace iotcard
