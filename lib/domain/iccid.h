// SPDX-License-Identifier: Apache-2.0
// iccid.h - The serial number of a SIM card in its one canonical spelling: "89", then digits and
// A to F, 18 to 22 characters in all. Reading accepts what real firmware prints and names each
// repair. Not a lookup: only the store knows whether such a card exists. Pure; any thread. Sources:
// ITU-T E.118 (layout, Luhn digit), 3GPP TS 31.102 4.2.2 and ETSI TS 102 221 13.2 (EF_ICCID: ten
// octets of swapped nibbles, filler F).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/name_table.h"
#include "domain/leniency.h"

namespace iotcard {

struct IccidReading;

class Iccid {
 public:
  static constexpr std::size_t min_length = 18;
  static constexpr std::size_t max_length = 22;

  // Reads a token as firmware prints it. `quoted` is false for a bare token.
  static IccidReading read(std::string_view token, bool quoted = true);
  // Accepts the canonical spelling and nothing else.
  static std::optional<Iccid> from_canonical(std::string_view text);

  std::string_view text() const { return {text_.data(), size_}; }
  friend auto operator<=>(const Iccid& a, const Iccid& b) { return a.text() <=> b.text(); }
  friend bool operator==(const Iccid& a, const Iccid& b) { return a.text() == b.text(); }

 private:
  explicit Iccid(std::string_view text);
  std::array<char, max_length> text_;  // in place: a report copies its ICCID a dozen times
  std::uint8_t size_;
};

enum class IccidProblem : std::uint8_t {
  precision_lost,  // went through a floating-point number on its way
  eid_not_iccid,   // 32 digits: an eUICC's EID
  wrong_type,      // an object, an array or a boolean
  bad_length,
  bad_character,
  not_an_iccid,  // does not begin with 89
  conflicting,   // two top-level keys with different values
};
inline constexpr auto iccid_problem_names =
    make_name_table<IccidProblem>("precision-lost", "eid-not-iccid", "wrong-type", "bad-length",
                                  "bad-character", "not-an-iccid", "conflicting");

// What a report says about its card. Neither iccid nor problem: a report without a card.
struct IccidReading {
  std::optional<Iccid> iccid;
  std::optional<IccidProblem> problem;
  std::optional<std::string> raw;  // the token as it came, as valid UTF-8, at most 256 bytes;
                                   // nullopt: there was none, or JSON null
  Leniencies leniencies;

  bool absent() const { return !iccid && !problem; }
};

// For information only: real cards fail it, and nothing is rejected for it. `not_applicable`: the
// ICCID has letters, or fewer than 20 digits of which the last is no check digit of the others:
// many cards are printed and reported without it.
enum class Luhn : std::uint8_t { valid, invalid, not_applicable };
inline constexpr auto luhn_names = make_name_table<Luhn>("valid", "invalid", "not-applicable");
Luhn luhn(const Iccid& iccid);

// How a reported ICCID matches a stored one. Cards print 19 or 20 characters, without or with the
// check digit. `strong`: the last digit of the longer is the Luhn digit of the shorter.
enum class Match : std::uint8_t { exact, strong, weak };
inline constexpr auto match_names = make_name_table<Match>("exact", "strong", "weak");
std::optional<Match> match(const Iccid& a, const Iccid& b);

// True for digits that a double prints: exactly representable ("%.0f"), or the shortest digits that
// read back, padded with zeros (JavaScript). Such a value may be a rounded ICCID, unless a card has
// exactly this one.
bool looks_rounded(const Iccid& iccid);

// The ICCIDs of the same length that round to the same double: from first to last, both included,
// as digits. For a value that looks_rounded().
struct IccidRange {
  std::string first;
  std::string last;
};
IccidRange rounding_range(const Iccid& iccid);

}  // namespace iotcard
