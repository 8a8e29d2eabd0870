// SPDX-License-Identifier: Apache-2.0
// card_answer.h - What a card platform says of one card that it was asked about, in our own words.
// Values only: who asks is lib/platform, who believes it is lib/operations. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/card_fields.h"
#include "domain/iccid.h"

namespace iotcard {

struct CardAnswer {
  enum class Kind : std::uint8_t {
    found,
    not_found,  // the platform has answered, and has no such card
    failed,     // nothing is known: of this card only, the platform itself may be well
  };
  Iccid asked;
  Kind kind = Kind::failed;
  // As the platform spells it, where it does: fits `asked` exactly or strongly.
  std::optional<Iccid> iccid{};
  // What the platform says, each value as CardField::set() takes it; times and bytes in their
  // canonical spelling. A field that it says nothing of is not here: what is known of it stays.
  std::vector<FieldChange> fields{};
  std::string failure{};  // why it failed, without secrets; "" otherwise
};

enum class CardAction : std::uint8_t { suspend, resume };
inline constexpr auto card_action_names = make_name_table<CardAction>("suspend", "resume");

}  // namespace iotcard
