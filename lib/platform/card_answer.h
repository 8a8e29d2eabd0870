// SPDX-License-Identifier: Apache-2.0
// card_answer.h - What a card platform answered about one card, with our own names and values.
// lib/platform reads it from the platform, lib/refresh stores it. Values only; any thread.
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
    not_found,  // the platform answered that it does not know the card
    failed,     // no usable answer about this card; other cards may have one
  };
  Iccid asked;
  Kind kind = Kind::failed;
  // The ICCID in the answer, if it has one; it matches `asked` exactly or strongly.
  std::optional<Iccid> iccid{};
  // Each value as CardField::set() takes it; times and bytes in their canonical spelling. A field
  // without a value is left out and keeps its stored value.
  std::vector<FieldChange> fields{};
  std::string failure{};  // why it failed, without secrets; "" otherwise
};

enum class CardAction : std::uint8_t { suspend, resume };
inline constexpr auto card_action_names = make_name_table<CardAction>("suspend", "resume");

}  // namespace iotcard
