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
constexpr std::string_view any_level = "+";
constexpr std::size_t max_topic_bytes = 65535;

constexpr std::string_view before_card = "/card/";
constexpr std::string_view after_card = "/state/set";

bool is_variable(std::string_view level) {
  return level == product_level || level == device_level || level == any_level;
}

}  // namespace

Check TopicPattern::check(std::string_view pattern, std::string_view product) {
  if (pattern.size() > max_topic_bytes) return expected("at most 65535 bytes");
  if (!is_mqtt_text(pattern)) return expected("valid UTF-8 without control characters");
  if (pattern.starts_with("$SYS/") || pattern.starts_with("$share/")) {
    return expected("a topic of the devices, not one of the broker's own");
  }
  const std::vector<std::string_view> levels = split(pattern, '/');
  if (std::ranges::count(levels, device_level) != 1) {
    return expected("{device} exactly once, as a whole level");
  }
  const auto products = std::ranges::count(levels, product_level);
  if (!product.empty() && products > 0) return expected("no {product}, since product names it");
  if (product.empty() && products != 1) {
    return expected(
        "{product} exactly once, as a whole level; a [[reports.source]] without it "
        "names the product");
  }
  for (const std::string_view level : levels) {
    if (is_variable(level)) continue;
    if (level.find_first_of("+#{}") != std::string::npos) {
      return expected("no +, #, { or } but in {product} and {device}, and + as a whole level");
    }
  }
  return std::nullopt;
}

TopicPattern::TopicPattern(std::string_view pattern, std::string_view product)
    : text_(pattern), product_(product) {
  assert(!check(pattern, product));
  for (const std::string_view level : split(pattern, '/')) levels_.emplace_back(level);
}

std::string TopicPattern::filter() const {
  std::string filter;
  for (const std::string& level : levels_) {
    if (&level != levels_.data()) filter += '/';
    filter += is_variable(level) ? any_level : std::string_view{level};
  }
  return filter;
}

std::optional<DeviceKey> TopicPattern::match(std::string_view topic) const {
  // Wildcards at the beginning of a filter do not match topics of the broker itself either.
  if (topic.starts_with('$') && !levels_.front().starts_with('$')) return std::nullopt;
  DeviceKey device{product_, {}};
  for (const std::string& level : levels_) {
    const std::size_t slash = topic.find('/');
    const bool last = &level == &levels_.back();
    if (last != (slash == std::string_view::npos)) return std::nullopt;
    const std::string_view found = topic.substr(0, slash);
    if (level == product_level || level == device_level) {
      if (!is_topic_level(found)) return std::nullopt;
      (level == product_level ? device.product : device.number) = found;
    } else if (level != any_level && found != level) {
      return std::nullopt;
    }
    if (!last) topic.remove_prefix(slash + 1);
  }
  return device;
}

std::string TopicPattern::with_device(const DeviceKey& device, std::string_view any) const {
  std::string topic;
  for (const std::string& level : levels_) {
    if (&level != levels_.data()) topic += '/';
    topic += level == product_level  ? std::string_view{device.product}
             : level == device_level ? std::string_view{device.number}
             : level == any_level    ? any
                                     : std::string_view{level};
  }
  return topic;
}

std::string TopicPattern::topic(const DeviceKey& device) const {
  return with_device(device, "-");
}

std::string TopicPattern::filter_of(const DeviceKey& device) const {
  return with_device(device, any_level);
}

std::optional<std::string> TopicPattern::request_topic(const DeviceKey& device) const {
  constexpr std::string_view post = "post";
  if (levels_.back() != post || contains(levels_, any_level)) return std::nullopt;
  std::string request = topic(device);
  request.replace(request.size() - post.size(), post.size(), "get");
  return request;
}

bool TopicPattern::has_product(std::string_view product) const {
  return product_.empty() || product_ == product;
}

bool TopicPattern::overlaps(const TopicPattern& other) const {
  if (levels_.size() != other.levels_.size()) return false;
  if (text_.starts_with('$') != other.text_.starts_with('$')) return false;
  return std::ranges::equal(levels_, other.levels_, [](const auto& a, const auto& b) {
    return is_variable(a) || is_variable(b) || a == b;
  });
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

std::string status_topic(std::string_view prefix, std::string_view share,
                         std::string_view client_id) {
  std::string topic = std::string{prefix}.append("/status");
  return share.empty() ? topic : topic.append("/").append(client_id);
}

std::string shared_status_filter(std::string_view prefix) {
  return std::string{prefix}.append("/status/+");
}

}  // namespace iotcard
