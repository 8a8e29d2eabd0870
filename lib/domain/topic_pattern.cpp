// SPDX-License-Identifier: Apache-2.0
#include "domain/topic_pattern.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::string_view product_level = "{product}";
constexpr std::string_view device_level = "{device}";
constexpr std::size_t max_topic_bytes = 65535;

constexpr std::string_view before_card = "/card/";
constexpr std::string_view after_card = "/state/set";

}  // namespace

Check TopicPattern::check(std::string_view pattern) {
  if (pattern.size() > max_topic_bytes) return expected("at most 65535 bytes");
  if (!is_mqtt_text(pattern)) return expected("valid UTF-8 without control characters");
  if (pattern.starts_with('$')) return expected("a topic of the devices, none that begins with $");
  const std::vector<std::string_view> levels = split(pattern, '/');
  for (const std::string_view name : {product_level, device_level}) {
    if (std::ranges::count(levels, name) != 1) {
      return expected(std::string{name} + " exactly once, as a whole level");
    }
  }
  for (const std::string_view level : levels) {
    if (level == product_level || level == device_level) continue;
    if (level.find_first_of("+#{}") != std::string::npos) {
      return expected("no +, #, { or } but in {product} and {device}");
    }
  }
  return std::nullopt;
}

TopicPattern::TopicPattern(std::string_view pattern) : text_(pattern) {
  assert(!check(pattern));
  for (const std::string_view level : split(pattern, '/')) levels_.emplace_back(level);
}

std::string TopicPattern::filter() const {
  return topic({"+", "+"});
}

std::optional<DeviceKey> TopicPattern::match(std::string_view topic) const {
  // Topics of the broker itself. Wildcards at the beginning of a filter do not match them either.
  if (topic.starts_with('$')) return std::nullopt;
  DeviceKey device;
  for (const std::string& level : levels_) {
    const std::size_t slash = topic.find('/');
    const bool last = &level == &levels_.back();
    if (last != (slash == std::string_view::npos)) return std::nullopt;
    const std::string_view found = topic.substr(0, slash);
    if (level == product_level || level == device_level) {
      if (!is_topic_level(found)) return std::nullopt;
      (level == product_level ? device.product : device.number) = found;
    } else if (found != level) {
      return std::nullopt;
    }
    if (!last) topic.remove_prefix(slash + 1);
  }
  return device;
}

std::string TopicPattern::topic(const DeviceKey& device) const {
  std::string topic;
  for (const std::string& level : levels_) {
    if (&level != levels_.data()) topic += '/';
    topic += level == product_level  ? device.product
             : level == device_level ? device.number
                                     : level;
  }
  return topic;
}

std::optional<std::string> TopicPattern::request_topic(const DeviceKey& device) const {
  constexpr std::string_view post = "post";
  if (levels_.back() != post) return std::nullopt;
  std::string request = topic(device);
  request.replace(request.size() - post.size(), post.size(), "get");
  return request;
}

std::string no_request_topic(const TopicPattern& pattern) {
  return "the topic " + std::string{pattern.text()} +
         " does not end in post, so it is not known where devices listen";
}

std::optional<DeviceKey> match_any(const std::vector<TopicPattern>& patterns,
                                   std::string_view topic) {
  for (const TopicPattern& pattern : patterns) {
    if (auto device = pattern.match(topic)) return device;
  }
  return std::nullopt;
}

std::string card_state_filter(std::string_view prefix) {
  return std::string{prefix}.append(before_card).append("+").append(after_card);
}

std::optional<StateTopic> read_state_topic(std::string_view topic) {
  if (!topic.ends_with(after_card)) return std::nullopt;
  topic.remove_suffix(after_card.size());
  const std::size_t card = topic.rfind('/') + 1;  // 0: there is none
  if (card < before_card.size() || !topic.substr(0, card).ends_with(before_card)) {
    return std::nullopt;
  }
  return StateTopic{topic.substr(0, card - before_card.size()), topic.substr(card)};
}

}  // namespace iotcard
