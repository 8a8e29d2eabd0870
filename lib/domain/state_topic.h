// SPDX-License-Identifier: Apache-2.0
// state_topic.h - The topic to which a script publishes the state of a card:
// PREFIX/card/ICCID/state/set. Not the payload. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// "PREFIX/card/+/state/set"
std::string card_state_filter(std::string_view prefix);

struct StateTopic {
  std::string_view prefix;
  std::string_view card;  // as written there
};
// nullopt: another topic.
std::optional<StateTopic> read_state_topic(std::string_view topic);

}  // namespace iotcard
