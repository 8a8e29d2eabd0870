// SPDX-License-Identifier: Apache-2.0
// topic_pattern.h - Which levels of a topic are the product and the device number, such as
// "/{product}/{device}/info/post", and the topic of scripts. Not a general template: each name
// occurs once, as a whole level. Pure; any thread. Source: MQTT 5.0, 4.7 (topic names and filters).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "domain/device.h"

namespace iotcard {

class TopicPattern {
 public:
  static Check check(std::string_view pattern);
  // The pattern must pass check().
  explicit TopicPattern(std::string_view pattern);

  std::string filter() const;                                    // "/+/+/info/post"
  std::optional<DeviceKey> match(std::string_view topic) const;  // nullopt: another topic
  std::string topic(const DeviceKey& device) const;              // where this device publishes
  // Where this device listens for a request to report: the last level is "get" instead of "post".
  // nullopt if the last level is not "post".
  std::optional<std::string> request_topic(const DeviceKey& device) const;
  std::string_view text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> levels_;  // "{product}" and "{device}" as written
};

// Why a pattern has no request_topic(), for a person.
std::string no_request_topic(const TopicPattern& pattern);

// The device by the first pattern that matches.
std::optional<DeviceKey> match_any(const std::vector<TopicPattern>& patterns,
                                   std::string_view topic);

// The topic to which a script publishes the state of a card: PREFIX/card/ICCID/state/set.

// "PREFIX/card/+/state/set"
std::string card_state_filter(std::string_view prefix);

struct StateTopic {
  std::string_view prefix;
  std::string_view card;  // as written there
};
// nullopt: another topic.
std::optional<StateTopic> read_state_topic(std::string_view topic);

}  // namespace iotcard
