// SPDX-License-Identifier: Apache-2.0
// config_mistakes.h - What the loader says of a text that stands for the file "x.toml": "" if it is
// right. Any thread.
#pragma once

#include <string>

#include "config/config.h"

namespace iotcard {

inline std::string mistakes(const std::string& toml) {
  try {
    parse_config(toml, "x.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace iotcard
