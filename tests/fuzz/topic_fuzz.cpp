// SPDX-License-Identifier: Apache-2.0
// A topic pattern and a topic, separated by the first NUL (which no pattern may hold). Checked: an
// accepted pattern gives a valid MQTT filter; the topic of a device leads back to the device; what
// the pattern matches the filter matches too, by a matcher of MQTT's rules written here.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "domain/device.h"
#include "domain/topic_pattern.h"
#include "fuzz.h"

using namespace iotcard;

namespace {

// Takes the first level off; nullopt behind the last.
std::optional<std::string_view> take_level(std::optional<std::string_view>& rest) {
  if (!rest) return std::nullopt;
  const std::size_t slash = rest->find('/');
  const std::string_view level = rest->substr(0, slash);
  if (slash == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(slash + 1);
  }
  return level;
}

// MQTT 5.0, 4.7: a wildcard is a whole level, '#' the last.
bool is_valid_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 65535 || !is_utf8(filter)) return false;
  // 1.5.4: a broker may refuse control characters, and mosquitto does.
  for (const char c : filter) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  for (char c = '\x80'; c < '\xA0'; ++c) {
    if (filter.find(std::string{'\xC2', c}) != std::string_view::npos) return false;
  }
  std::optional<std::string_view> rest{filter};
  while (const auto level = take_level(rest)) {
    if (*level == "+" || (*level == "#" && !rest)) continue;
    if (level->find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

// MQTT 5.0, 4.7: '+' takes one level; a wildcard in front does not take a topic that begins '$'.
bool filter_matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  std::optional<std::string_view> filter_rest{filter};
  std::optional<std::string_view> topic_rest{topic};
  for (;;) {
    const auto wanted = take_level(filter_rest);
    const auto found = take_level(topic_rest);
    if (wanted == "#") return true;
    if (!wanted || !found) return !wanted && !found;
    if (*wanted != "+" && *wanted != *found) return false;
  }
}

void check_device(const TopicPattern& pattern, const DeviceKey& device) {
  const std::string topic = pattern.topic(device);
  const auto back = pattern.match(topic);
  if (topic.starts_with('$') && !pattern.text().starts_with('$')) {
    require(!back);  // a topic of the broker's own, which no subscription of ours brings
    return;
  }
  require(back == device);
  require(filter_matches(pattern.filter(), topic));
  const auto request = pattern.request_topic(device);
  if (!request) return;
  require(topic.ends_with("/post"));
  require(*request == topic.substr(0, topic.size() - 4) + "get");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(data, size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::string_view text = input.substr(0, end);
  const std::string_view topic = input.substr(std::min(end + 1, input.size()));
  require(TopicPattern::check(input).has_value() || end == input.size());
  if (const auto problem = TopicPattern::check(text)) {
    require(!problem->text.empty());
    return 0;
  }
  const TopicPattern pattern{text};
  require(pattern.text() == text);
  require(is_valid_filter(pattern.filter()));
  if (const auto device = pattern.match(topic)) {
    require(is_topic_level(device->product) && is_topic_level(device->number));
    if (text.find('+') == std::string_view::npos) require(pattern.topic(*device) == topic);
    require(filter_matches(pattern.filter(), topic));
    check_device(pattern, *device);
  }
  if (const auto device = DeviceKey::parse(topic)) check_device(pattern, *device);
  return 0;
}
