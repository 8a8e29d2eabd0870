// SPDX-License-Identifier: Apache-2.0
// units.h - Durations and sizes as people write them in the configuration: "100ms", "30s", "5m",
// "12h", "7d"; "65536", "64KiB", "10MB". Whole numbers only. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace iotcard {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<std::uint64_t> parse_size(std::string_view text);  // bytes

}  // namespace iotcard
