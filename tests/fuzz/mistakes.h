// SPDX-License-Identifier: Apache-2.0
// mistakes.h - What every loader's complaint about a file looks like: lines that each begin with
// file and line. One thread.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "fuzz.h"

namespace iotcard {

// `prefix` is the file's name and a colon.
inline void require_mistakes(std::string_view message, std::string_view prefix) {
  require(!message.empty() && is_utf8(message));
  while (!message.empty()) {
    std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(line.size() + 1, message.size()));
    require(line.starts_with(prefix));
    line.remove_prefix(prefix.size());
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    require(digits > 0 && line.front() != '0');
    require(line.substr(digits).starts_with(": ") && line.size() > digits + 2);
  }
}

}  // namespace iotcard
