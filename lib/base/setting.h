// SPDX-License-Identifier: Apache-2.0
// setting.h - The configuration in force, key by key, for people: where each value comes from.
// Nothing in it is secret. Values only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iotcard {

struct SettingInForce {
  std::string key;        // "broker.url"; of the second [[platform]] "platform[2].base_url"
  std::string value{};    // as the file spells it; "": not set, or secret
  std::int64_t line = 0;  // in the file; 0: the default
  bool secret = false;
  bool restart = false;  // a change takes effect at the next start
};

struct SettingsInForce {
  std::string file{};  // "": there is none
  std::vector<SettingInForce> settings{};
};

}  // namespace iotcard
