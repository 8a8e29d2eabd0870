// SPDX-License-Identifier: Apache-2.0
#include "domain/device.h"

#include "domain/plain_text.h"
#include "domain/utf8.h"

namespace iotcard {

namespace {

// Controls and noncharacters: a broker may end the connection of whoever sends them in a topic, and
// mosquitto does (MQTT 5.0, 1.5.4). An event names its device in its topic.
bool is_unfit(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xFDD0 && c <= 0xFDEF) ||
         (c & 0xFFFE) == 0xFFFE;
}

}  // namespace

bool is_topic_level(std::string_view text) {
  if (text.empty() || text.size() > max_name_bytes || !is_utf8(text)) return false;
  if (text.find_first_of("/+#") != text.npos) return false;
  for (; !text.empty(); text.remove_prefix(first_character(text).bytes)) {
    if (is_unfit(first_character(text).value)) return false;
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
