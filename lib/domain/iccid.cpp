// SPDX-License-Identifier: Apache-2.0
// The leniencies in the order in which they are tried; those that change the token are recorded.
//
//   trimmed         "8986… "                 blanks and control characters, quotes around it
//   at-response     "+CCID: 1,8986…\r\nOK"   the full answer of a modem
//   separators      "89860 07031 01120"      blanks, hyphens, full-width digits
//   lower-case      "898602f3…"
//   nibble-swapped  "98680040…"              the order of the card file
//   leading-filler  "F8901…"
//   filler          "8944…576F"
#include "domain/iccid.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "base/text.h"
#include "base/utf8.h"
#include "domain/modem_answer.h"
#include "domain/token_text.h"

namespace iotcard {
namespace {

constexpr std::size_t max_raw_bytes = 256;

bool is_hex(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'F');
}
bool is_lower_hex(char c) {
  return c >= 'a' && c <= 'f';
}
bool only(std::string_view text, char c) {
  return !text.empty() && text.find_first_not_of(c) == std::string_view::npos;
}

std::string swap_nibbles(std::string text) {
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
  return text;
}

bool is_eid(std::string_view text) {
  constexpr std::size_t eid_digits = 32;  // GSMA SGP.02, 2.2.2
  return text.size() == eid_digits && all_digits(text);
}

bool means_absent(std::string_view text) {
  if (text.empty() || only(text, '0') || only(text, 'F') || only(text, 'f')) return true;
  const std::string word = to_upper(text);
  for (const std::string_view none : {"NULL", "NONE", "N/A", "UNKNOWN", "ERROR", "-"}) {
    if (word == none) return true;
  }
  return false;
}

std::optional<IccidProblem> canonical_problem(std::string_view text) {
  if (text.size() < Iccid::min_length || text.size() > Iccid::max_length) {
    return IccidProblem::bad_length;
  }
  if (!std::ranges::all_of(text, is_hex)) return IccidProblem::bad_character;
  if (!text.starts_with("89")) return IccidProblem::not_an_iccid;
  return std::nullopt;
}

// "8.9860E+19", "8986….0"; more points are of a version or an address.
bool is_decimal(std::string_view text) {
  return std::ranges::count(text, '.') == 1 || to_upper(text).find("E+") != std::string::npos;
}

// Whether the token is canonical, so that no step would change it. Most reports have such a token,
// and the steps would copy it a dozen times.
bool is_spelled_well(std::string_view token) {
  if (canonical_problem(token)) return false;
  return token.size() == Iccid::min_length || token.back() != 'F';
}

// One field of the token, repaired.
struct Number {
  std::string text;
  Leniencies leniencies{};  // those that changed it
  std::optional<IccidProblem> problem{};
  bool absent = false;

  bool is_iccid() const { return !absent && !problem; }
};

void change(Number& number, std::string next, Leniency leniency) {
  if (next == number.text) return;
  number.text = std::move(next);
  number.leniencies.add(leniency);
}

Number read_number(std::string_view field) {
  Number number{std::string{field}};
  const std::string& text = number.text;
  if (means_absent(text)) {
    number.absent = true;
    return number;
  }
  if (is_decimal(text)) {
    number.problem = IccidProblem::precision_lost;
    return number;
  }
  change(number, without_separators(text), Leniency::separators);
  if (means_absent(text)) {
    number.absent = true;
    return number;
  }
  if (is_eid(text)) {
    number.problem = IccidProblem::eid_not_iccid;
    return number;
  }
  if (std::ranges::any_of(text, is_lower_hex)) {
    change(number, to_upper(text), Leniency::lower_case);
  }
  if (text.starts_with("98") && text.size() % 2 == 0) {
    change(number, swap_nibbles(text), Leniency::nibble_swapped);
  }
  const std::size_t first = text.find_first_not_of('F');
  if (first != std::string::npos && text.compare(first, 2, "89") == 0) {
    change(number, text.substr(first), Leniency::leading_filler);
  }
  std::size_t length = text.size();
  while (length > Iccid::min_length && text[length - 1] == 'F') --length;
  change(number, text.substr(0, length), Leniency::filler);
  number.problem = canonical_problem(text);
  return number;
}

// A state, a slot or a status word of the modem's own.
bool is_small_number(std::string_view field) {
  constexpr std::size_t max_digits = 3;
  return field.size() <= max_digits && all_digits(field);
}

// The field that stands for an answer in which none is an ICCID; null: the answer has no number.
const ModemAnswer::Field* telling_field(const ModemAnswer& answer) {
  const bool of_card =
      std::ranges::any_of(answer.fields, [](const auto& field) { return field.of_card; });
  const auto tells = [&](const ModemAnswer::Field& field) {
    if (field.of_card != of_card || means_absent(field.text)) return false;
    return !(field.labelled && is_small_number(field.text));
  };
  const auto found = std::ranges::find_if(answer.fields, tells);
  return found == answer.fields.end() ? nullptr : &*found;
}

// An ICCID that was cut or rounded, and no state, EID or IMEI.
bool is_garbled(const Number& number) {
  constexpr std::size_t imei_digits = 15;
  if (number.problem == IccidProblem::precision_lost) {
    const bool exponent = number.text.starts_with("8.9") && number.text.size() > 3 &&
                          to_upper(number.text).find("E+") != std::string::npos;
    return exponent || (number.text.starts_with("89") && number.text.size() > imei_digits);
  }
  if (number.is_iccid() || number.absent || number.problem == IccidProblem::eid_not_iccid) {
    return false;
  }
  return number.text.size() > imei_digits && number.text.starts_with("89");
}

// The numbers in a field. People write an ICCID in groups, and its check digit apart; but what
// stands beside a whole ICCID is not a part of it: "8986… 31", "SIM ICCID 8986…".
std::vector<std::string_view> numbers_of(std::string_view field) {
  constexpr std::string_view between = " \t-";
  constexpr std::size_t whole = 19;  // characters, without a check digit
  constexpr std::size_t with_check_digit = 20;
  std::vector<std::string_view> words;
  bool has_whole = false;
  for (std::size_t at = 0; at < field.size();) {
    const std::size_t end = std::min(field.find_first_of(between, at), field.size());
    if (end > at) {
      words.push_back(field.substr(at, end - at));
      has_whole = has_whole || (end - at >= whole && read_number(words.back()).is_iccid());
    }
    at = end + 1;
  }
  if (!has_whole || words.size() < 2) return {field};
  const Number joined = read_number(field);
  if (joined.is_iccid() && joined.text.size() <= with_check_digit) return {field};
  return words;
}

// Of all fields the one that is an ICCID. A state or a slot, an EID or an IMEI beside it is passed
// over; of two different ICCIDs none is chosen.
Number read_answer(std::string_view text) {
  const ModemAnswer answer = read_modem_answer(text);
  std::optional<Number> found;
  bool garbled = false;
  std::string_view field_found;
  const auto take = [&](std::string_view text_of_number) {
    Number number = read_number(text_of_number);
    garbled = garbled || is_garbled(number);
    if (!number.is_iccid()) return;
    if (!found) {
      field_found = text_of_number;
      found = std::move(number);
    } else if (number.text != found->text) {
      found->problem = IccidProblem::conflicting;
    }
  };
  for (const ModemAnswer::Field& field : answer.fields) {
    for (const std::string_view number : numbers_of(field.text)) take(number);
  }
  if (found && garbled) found->problem = IccidProblem::conflicting;
  if (!found) {
    Number whole = read_number(text);  // with a line end inside the number
    if (whole.is_iccid()) return whole;
    const ModemAnswer::Field* const field = telling_field(answer);
    field_found = field == nullptr ? std::string_view{} : field->text;
    found = read_number(field_found);
  }
  if (field_found != text) found->leniencies.add(Leniency::at_response);
  return *std::move(found);
}

// One pair of quotes around the whole text, and the blanks around and in it.
std::string_view trim_pair(std::string_view token) {
  std::string_view text = trim_blanks(token);
  const bool quoted = text.size() >= 2 && is_quote(text.front()) && text.back() == text.front();
  const std::string_view inside = quoted ? text.substr(1, text.size() - 2) : text;
  return quoted && std::ranges::none_of(inside, is_quote) ? trim_blanks(inside) : text;
}

}  // namespace

Iccid::Iccid(std::string_view text) : text_{}, size_(static_cast<std::uint8_t>(text.size())) {
  assert(text.size() <= text_.size());
  std::ranges::copy(text, text_.begin());
}

IccidReading Iccid::read(std::string_view token, bool quoted) {
  IccidReading reading;
  if (!quoted) reading.leniencies.add(Leniency::unquoted_iccid);
  if (is_spelled_well(token)) {
    reading.raw = token;
    reading.iccid = Iccid{token};
    return reading;
  }
  reading.raw = replace_invalid_utf8(token.substr(0, max_raw_bytes * 2), max_raw_bytes);

  const std::string_view text = trim_pair(token);
  if (text != token) reading.leniencies.add(Leniency::trimmed);
  if (means_absent(text)) return reading;
  Number number = read_answer(text);
  reading.leniencies.add(number.leniencies);
  reading.problem = number.problem;
  if (number.is_iccid()) reading.iccid = Iccid{number.text};
  return reading;
}

std::optional<Iccid> Iccid::from_canonical(std::string_view text) {
  if (canonical_problem(text)) return std::nullopt;
  return Iccid{text};
}

namespace {

// ISO/IEC 7812-1: the check digit behind `digits`.
char luhn_digit(std::string_view digits) {
  int sum = 0;
  bool doubled = true;  // beginning with the last digit
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, doubled = !doubled) {
    const int digit = *c - '0';
    sum += doubled ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

__extension__ using Wide = unsigned __int128;  // 22 digits need 73 bits

Wide to_wide(std::string_view digits) {
  Wide value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::string to_digits(Wide value) {
  std::string digits;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + static_cast<int>(value % 10));
  std::ranges::reverse(digits);
  return digits;
}

// The shortest digits that read back as this double, padded with zeros to `length`.
std::string shortest_digits(double value, std::size_t length) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific)
                       .ptr;
  std::string digits;
  for (const char* c = buffer.data(); c != end && *c != 'e'; ++c) {
    if (is_digit(*c)) digits += *c;
  }
  digits.resize(std::max(length, digits.size()), '0');
  return digits;
}

}  // namespace

Luhn luhn(const Iccid& iccid) {
  const std::string_view text = iccid.text();
  if (!all_digits(text)) return Luhn::not_applicable;
  if (luhn_digit(text.substr(0, text.size() - 1)) == text.back()) return Luhn::valid;
  // With one character more a card may have a check digit, which this spelling then leaves out.
  constexpr std::size_t longer_spelling = 20;
  return text.size() < longer_spelling ? Luhn::not_applicable : Luhn::invalid;
}

std::optional<Match> match(const Iccid& a, const Iccid& b) {
  if (a == b) return Match::exact;
  std::string_view shorter = a.text();
  std::string_view longer = b.text();
  if (shorter.size() > longer.size()) std::swap(shorter, longer);
  if (shorter.size() != 19 || longer.size() != 20 || !longer.starts_with(shorter)) {
    return std::nullopt;
  }
  return all_digits(shorter) && longer.back() == luhn_digit(shorter) ? Match::strong : Match::weak;
}

bool looks_rounded(const Iccid& iccid) {
  const std::string_view text = iccid.text();
  if (!all_digits(text)) return false;
  const Wide value = to_wide(text);
  const auto rounded = static_cast<double>(value);
  return static_cast<Wide>(rounded) == value || shortest_digits(rounded, text.size()) == text;
}

IccidRange rounding_range(const Iccid& iccid) {
  const Wide value = to_wide(iccid.text());
  const auto rounded = static_cast<double>(value);
  // Search outwards by halves: the values that round to this double are an interval around it.
  const auto reach = [&](bool upwards) {
    Wide distance = 0;
    for (Wide step = Wide{1} << 32; step != 0; step /= 2) {
      const Wide next = distance + step;
      if (static_cast<double>(upwards ? value + next : value - next) == rounded) distance = next;
    }
    return upwards ? value + distance : value - distance;
  };
  return {to_digits(reach(false)), to_digits(reach(true))};
}

}  // namespace iotcard
