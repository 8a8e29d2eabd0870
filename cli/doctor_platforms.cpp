// SPDX-License-Identifier: Apache-2.0
// doctor: the sections of card platforms with their profiles, and the health of the platforms as
// the store has it. Asks no platform.
#include <algorithm>
#include <sstream>

#include "doctor_checks.h"
#include "platform/platform_setup.h"

namespace iotcard {
namespace {

// The daemon does not start with one of these.
bool check_section(const PlatformSettings& settings, const std::vector<std::string>& folders,
                   Findings& findings) {
  try {
    check_platform(settings, folders);
    return true;
  } catch (const ProfileError& error) {
    std::istringstream lines{error.what()};
    for (std::string line; std::getline(lines, line);) {
      findings.push_back({"configuration", Health::fail, line,
                          "correct it; a running daemon keeps what it has loaded"});
    }
    return false;
  }
}

}  // namespace

void check_platforms(const Config& config, Store* store, const Context& context,
                     Findings& findings) {
  const std::vector<PlatformFacts> known =
      store == nullptr ? std::vector<PlatformFacts>{} : describe_platforms(*store, context);
  for (const PlatformSettings& settings : config.platforms) {
    if (settings.profile.empty()) continue;
    if (!check_section(settings, config.refresh.profiles, findings)) continue;
    const auto facts = std::find_if(known.begin(), known.end(), [&](const PlatformFacts& one) {
      return one.row.id == settings.id;
    });
    if (facts != known.end()) findings.push_back(judge_platform(*facts));
  }
}

}  // namespace iotcard
