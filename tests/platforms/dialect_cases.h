// SPDX-License-Identifier: Apache-2.0
// dialect_cases.h - For each shipped profile: a card as the platform keeps it, and what must be
// read of it. Written from what is known of the platforms, not from the profiles. Values only.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/platforms/dialect.h"

namespace iotcard {

struct DialectCase {
  std::string profile;
  std::string asked;                            // the ICCID as the store has it
  simulated::Card card;                         // as the platform keeps it
  std::map<std::string, std::string> found;     // every field that is read
  std::map<std::string, std::string> statuses;  // the platform's → ours
  std::string secret;                           // the setting that is spoiled
  bool busy = false;         // its error with HTTP 200 says that it is the platform's
  std::size_t log_in = 0;    // its requests; 0: there is none
  bool retry_after = false;  // whether a rate limit says for how long
  // What of the card tells that it is suspended, and is back: {field, value}. "" where the profile
  // cannot do it.
  std::string field{};
  std::string suspended{};
  std::string resumed{};
  std::size_t requests = 1;  // about one card, without the log-in
};

const std::vector<DialectCase>& dialect_cases();
const DialectCase& case_of(std::string_view profile);  // throws std::out_of_range
std::vector<DialectCase> chinese_cases();              // part of them

}  // namespace iotcard
