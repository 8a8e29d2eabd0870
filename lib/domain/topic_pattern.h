// SPDX-License-Identifier: Apache-2.0
// topic_pattern.h - Which levels of a topic are the product and the device number, such as
// "/{product}/{device}/info/post", the topic of scripts, and the status topic. Not a general
// template: each name occurs once, as a whole level; + stands for any level. Pure; any thread.
// Source: MQTT 5.0, 4.7 (topic names and filters).
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
  // `product`: of all devices of a pattern without {product}; "" for one with it.
  static Check check(std::string_view pattern, std::string_view product = {});
  // The pattern must pass check().
  explicit TopicPattern(std::string_view pattern, std::string_view product = {});

  std::string filter() const;                                    // "/+/+/info/post"
  std::optional<DeviceKey> match(std::string_view topic) const;  // nullopt: another topic
  // Where this device publishes, with "-" for each +.
  std::string topic(const DeviceKey& device) const;
  // The same with the + left in place: a filter of the topics of this device.
  std::string filter_of(const DeviceKey& device) const;
  // Where this device listens for a request to report: the last level is "get" instead of "post".
  // nullopt if the last level is not "post", or a level is +.
  std::optional<std::string> request_topic(const DeviceKey& device) const;
  // Whether devices of this product may publish there.
  bool has_product(std::string_view product) const;
  // Whether some topic matches both.
  bool overlaps(const TopicPattern& other) const;
  std::string_view text() const { return text_; }

 private:
  std::string with_device(const DeviceKey& device, std::string_view any) const;

  std::string text_;
  std::vector<std::string> levels_;  // "{product}" and "{device}" as written
  std::string product_;              // "" if a level has it
};

// The topic to which a script publishes the state of a card: PREFIX/card/ICCID/state/set.

// "PREFIX/card/+/state/set"
std::string card_state_filter(std::string_view prefix);

struct StateTopic {
  std::string_view prefix;
  std::string_view card;  // as written there
};
// nullopt: another topic.
std::optional<StateTopic> read_state_topic(std::string_view topic);

// Where a daemon publishes its status: PREFIX/status, or PREFIX/status/CLIENT for one that shares
// the reports with others (`share` is not empty), so that none overwrites another's status.
std::string status_topic(std::string_view prefix, std::string_view share,
                         std::string_view client_id);
// "PREFIX/status/+": the daemons that share the reports.
std::string shared_status_filter(std::string_view prefix);

}  // namespace iotcard
