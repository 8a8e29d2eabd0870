// SPDX-License-Identifier: Apache-2.0
// card_fields.h - The fields of a card by name, each with how to read it from text and write it as
// text: the one table behind CSV, command line and JSON. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/card.h"

namespace iotcard {

struct CardField {
  enum class Kind : std::uint8_t { text, integer };       // how JSON shows it; absent is null
  enum class Owner : std::uint8_t { operators, daemon };  // who may set it
  std::string_view name;
  Kind kind;
  Owner owner;
  // "" for a field without a value, which is also what get() of an empty text is.
  std::string (*get)(const Card&);
  // As set().
  std::optional<std::string> (*read)(Card&, std::string_view text, Duration zone);

  // "" clears. Times are read in any spelling of time_spelling.h, and `zone` is of those that name
  // none. Returns what is expected if the text does not fit, and then changes nothing.
  std::optional<std::string> set(Card& card, std::string_view text, Duration zone = {}) const {
    return read(card, text, zone);
  }
};

struct FieldChange {
  std::string name;   // of a field
  std::string value;  // "" clears it
  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// All fields but iccid, in the order in which they are listed and exported.
std::span<const CardField> card_fields();
const CardField* find_card_field(std::string_view name);

}  // namespace iotcard
