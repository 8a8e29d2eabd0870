// SPDX-License-Identifier: Apache-2.0
// device.h - The name of a device: product and number, both taken from the topic and never from
// a payload. Pure; any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

struct DeviceKey {
  std::string product;  // one topic level: not empty, no '/'
  std::string number;   // likewise

  std::string text() const { return product + '/' + number; }

  // "product/number"; nullopt unless both parts are fit for a topic: not empty, valid UTF-8
  // without control and noncharacters, no further '/', no '+' or '#'.
  static std::optional<DeviceKey> parse(std::string_view text);

  friend auto operator<=>(const DeviceKey&, const DeviceKey&) = default;
};

// The topic of an event names product and number too, and a topic has 65535 bytes at most.
inline constexpr std::size_t max_name_bytes = 255;

// One topic level that may name a product or a device: at most max_name_bytes.
bool is_topic_level(std::string_view text);

}  // namespace iotcard
