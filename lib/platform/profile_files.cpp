// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "platform/profile.h"

namespace iotcard {

std::optional<std::string> find_profile(const std::string& profile,
                                        const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (profile.find('/') != std::string::npos) {
    return fs::exists(profile, ignored) ? std::optional{profile} : std::nullopt;
  }
  for (const std::string& folder : folders) {
    const fs::path path = fs::path{folder} / (profile + ".toml");
    if (fs::exists(path, ignored)) return path.string();
  }
  return std::nullopt;
}

}  // namespace iotcard
