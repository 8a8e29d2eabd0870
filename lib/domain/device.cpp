// SPDX-License-Identifier: Apache-2.0
#include "domain/device.h"

#include "domain/utf8.h"

namespace iotcard {

bool is_topic_level(std::string_view text) {
  if (text.empty() || text.size() > max_name_bytes || !is_utf8(text)) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/' || c == '+' || c == '#') return false;
  }
  return true;
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
