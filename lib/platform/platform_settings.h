// SPDX-License-Identifier: Apache-2.0
// platform_settings.h - One [[platform]] section of the configuration, as it is written: no file
// has been opened, and the profile has not been read. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"

namespace iotcard {

struct PlatformSettings {
  std::int64_t id = 0;   // cardPlatformId: > 0, unique
  std::string name;      // for people; "": the profile's
  std::string profile;   // "": it is not asked; scripts report the state of its cards
  std::string base_url;  // "": the profile's
  bool allow_insecure = false;
  std::string ca_file;  // PEM; "": the system's authorities
  // Absent: the profile's.
  std::optional<Rate> rate{};
  std::optional<int> concurrency{};  // 1 to 16
  std::optional<std::chrono::seconds> interval{};
  std::optional<std::chrono::seconds> timeout{};
  // The profile's own keys, each KEY with its value or KEY_file with the path of a file.
  std::map<std::string, std::string> values{};
  std::string where{};  // "iotcardd.toml:120", for messages

  // Whether a request to this URL is unencrypted without leave.
  bool refuses(std::string_view url) const { return url.starts_with("http://") && !allow_insecure; }
  friend bool operator==(const PlatformSettings&, const PlatformSettings&) = default;
};
inline constexpr const char* https_expected =
    "expected https://; http:// sends secrets unencrypted and needs allow_insecure = true";

}  // namespace iotcard
