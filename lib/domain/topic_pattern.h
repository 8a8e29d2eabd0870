// SPDX-License-Identifier: Apache-2.0
// topic_pattern.h - Where in a topic the product and the device number stand, such as
// "/{product}/{device}/info/post". Not a general template: both names exactly once, each a whole
// level. Pure; any thread. Source: MQTT 5.0, 4.7 (topic names and filters).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/device.h"

namespace iotcard {

class TopicPattern {
 public:
  // What is wrong with a pattern, or nullopt for a good one.
  static std::optional<std::string> problem(std::string_view pattern);
  // A good pattern; anything else is a bug of the caller's.
  explicit TopicPattern(std::string_view pattern);

  std::string filter() const;                                    // "/+/+/info/post"
  std::optional<DeviceKey> match(std::string_view topic) const;  // nullopt: some other topic
  std::string topic(const DeviceKey& device) const;              // where this device publishes
  // Where this device listens for a request to report: the last level "post" becomes "get".
  // nullopt if the pattern does not end so.
  std::optional<std::string> request_topic(const DeviceKey& device) const;
  std::string_view text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> levels_;  // "{product}" and "{device}" stand for themselves
};

// Why a pattern has no request_topic(), for a person.
std::string no_request_topic(const TopicPattern& pattern);

// The device by the first pattern that fits.
std::optional<DeviceKey> match_any(const std::vector<TopicPattern>& patterns,
                                   std::string_view topic);

}  // namespace iotcard
