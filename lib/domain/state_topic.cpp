// SPDX-License-Identifier: Apache-2.0
#include "domain/state_topic.h"

namespace iotcard {
namespace {

constexpr std::string_view before_card = "/card/";
constexpr std::string_view after_card = "/state/set";

}  // namespace

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
