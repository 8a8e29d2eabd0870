// SPDX-License-Identifier: Apache-2.0
// card_fields.h - The fields of a card by name, and how each is read from and written as text: one
// table for CSV, command line and JSON. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/problem.h"
#include "domain/card.h"

namespace iotcard {

struct CardField {
  enum class Kind : std::uint8_t { text, integer };  // how JSON shows it; absent is null
  // Who may set it. A field of platforms is set by what a platform says and by nobody else; every
  // other field of operators may be set by platforms too, except those of may_platform_set().
  enum class Owner : std::uint8_t { operators, platforms, daemon };
  std::string_view name;
  Kind kind;
  Owner owner;
  // "" for a field without a value.
  std::string (*get)(const Card&);
  // As set().
  Check (*read)(Card&, std::string_view text, Duration zone);

  // "" clears the field. Times may have any spelling of time_spelling.h; `zone` applies to those
  // that name none. A text that does not fit changes nothing.
  Check set(Card& card, std::string_view text, Duration zone = {}) const {
    return read(card, text, zone);
  }
};

struct FieldChange {
  std::string name;   // of a field
  std::string value;  // "" clears it
  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// All fields but iccid, in the order of lists and exports.
std::span<const CardField> card_fields();
const CardField* find_card_field(std::string_view name);
// Whether what a platform says of a card sets the field. Not the platform itself, which is the one
// that was asked, nor `imei`: the lock is what operators say.
bool may_platform_set(const CardField& field);

}  // namespace iotcard
