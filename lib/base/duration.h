// SPDX-License-Identifier: Apache-2.0
// duration.h - Durations and rates as people write them. Whole numbers only. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace iotcard {

// Reads "100ms", "30s", "5m", "12h", "7d", "1w"; nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// So many requests in such a time: "5/s", "600/m", "2000/5m". Both are above 0.
struct Rate {
  int number = 1;
  std::chrono::milliseconds per{1000};
  friend bool operator==(const Rate&, const Rate&) = default;
};
std::optional<Rate> parse_rate(std::string_view text);

}  // namespace iotcard
