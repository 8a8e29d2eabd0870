// SPDX-License-Identifier: Apache-2.0
// device.h - The name of a device: product and number, both from the topic and never from the
// payload. Pure; any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

struct DeviceKey {
  std::string product;  // one topic level: not empty, no '/'
  std::string number;   // one topic level: not empty, no '/'

  std::string text() const { return product + '/' + number; }

  // Reads "product/number"; nullopt unless both parts are topic levels.
  static std::optional<DeviceKey> parse(std::string_view text);

  friend auto operator<=>(const DeviceKey&, const DeviceKey&) = default;
};

// The topic of an event has both names, and a topic has at most 65535 bytes.
inline constexpr std::size_t max_name_bytes = 255;

// Whether a text can name a product or a device: valid UTF-8 of 1 to max_name_bytes, without
// control characters, noncharacters, '/', '+' and '#'.
bool is_topic_level(std::string_view text);

}  // namespace iotcard
