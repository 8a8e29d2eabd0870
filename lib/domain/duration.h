// SPDX-License-Identifier: Apache-2.0
// duration.h - Durations as people write them: "100ms", "30s", "5m", "12h",
// "7d". Whole numbers only. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace iotcard {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace iotcard
