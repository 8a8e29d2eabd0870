// SPDX-License-Identifier: Apache-2.0
#include "domain/device.h"

#include <algorithm>

#include "base/text_sanitizer.h"

namespace iotcard {

bool is_topic_level(std::string_view text) {
  // find_first_of() calls memchr() for each byte, and every report's topic is tested.
  const auto is_reserved = [](char c) { return c == '/' || c == '+' || c == '#'; };
  return !text.empty() && text.size() <= max_name_bytes &&
         std::ranges::none_of(text, is_reserved) && is_mqtt_text(text);
}

std::optional<DeviceKey> DeviceKey::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view product = text.substr(0, slash);
  const std::string_view number = text.substr(slash + 1);
  if (!is_topic_level(product) || !is_topic_level(number)) return std::nullopt;
  return DeviceKey{std::string{product}, std::string{number}};
}

}  // namespace iotcard
