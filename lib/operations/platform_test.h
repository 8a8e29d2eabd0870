// SPDX-License-Identifier: Apache-2.0
// platform_test.h - What came of trying a card platform by hand: the program that can ask platforms
// fills it, API and console show it. Nothing in it is secret. Values only; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "domain/card_fields.h"

namespace iotcard {

struct PlatformTestStep {
  std::string name;  // "login", or the step's name in the profile
  bool ok = false;
  std::string text;  // several lines, as `iotcardctl platform test` prints them
};

struct PlatformTest {
  std::int64_t took_ms = 0;
  std::vector<PlatformTestStep> steps{};
  std::optional<std::vector<FieldChange>> card{};  // what the platform says of the card
  std::string result{};                            // "logged in"; "" if it failed
  std::string problem{};                           // "" for none
};

// {"ok":…,"took_ms":…,"steps":[…],"card":…,"result":…,"problem":…}
void write_platform_test(JsonText& json, const PlatformTest& test);

}  // namespace iotcard
