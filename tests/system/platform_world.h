// SPDX-License-Identifier: Apache-2.0
// platform_world.h - A daemon whose [[platform]] sections name simulated platforms. One thread.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "support/platform_server.h"
#include "system/watched_broker.h"

namespace iotcard {

inline const std::string profile_folder = IOTCARD_SOURCE_DIR "/examples/platforms";

// A [[platform]] section; `more` are further lines of it.
inline std::string platform_section(int id, const std::string& profile, const std::string& base_url,
                                    const std::map<std::string, std::string>& settings,
                                    const std::string& more = "") {
  std::string text = "[[platform]]\nid = " + std::to_string(id) + "\nname = \"p" +
                     std::to_string(id) + "\"\nprofile = \"" + profile + "\"\nbase_url = \"" +
                     base_url + "\"\nallow_insecure = true\n" + more + "\n";
  for (const auto& [key, value] : settings) text += key + " = \"" + value + "\"\n";
  return text;
}
inline std::string platform_section(int id, const std::string& profile,
                                    const PlatformServer& server, const std::string& more = "") {
  return platform_section(id, profile, server.base_url(), server.settings(), more);
}

// What a daemon is started with.
inline Daemon::Options with_platforms(const std::string& sections,
                                      const std::string& refresh = "") {
  Daemon::Options options;
  options.toml["refresh"] = "profiles = [\"" + profile_folder + "\"]\n" + refresh;
  options.toml[""] = sections;
  options.api = true;
  return options;
}

}  // namespace iotcard
