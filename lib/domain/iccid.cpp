// SPDX-License-Identifier: Apache-2.0
// The leniencies in the order in which they are tried; those that change the token are recorded.
//
//   trimmed         "8986… "                 blanks and control characters around it
//   at-response     "+CCID: 8986…\r\nOK"     the full answer of a modem
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

// Blanks that are not ASCII, as UTF-8: no-break, en to hair and narrow no-break, zero-width,
// ideographic, and the byte order mark.
constexpr std::array<std::string_view, 10> wide_blanks = {"\u00A0", "\u2002", "\u2003", "\u2007",
                                                          "\u2009", "\u200A", "\u200B", "\u202F",
                                                          "\u3000", "\uFEFF"};
// Hyphens, and the dashes that an editor makes of them.
constexpr std::array<std::string_view, 8> wide_hyphens = {"\u00AD", "\u2010", "\u2011", "\u2012",
                                                          "\u2013", "\u2014", "\u2212", "\uFF0D"};

// The size of the blank or control character at this end of the text; 0: there is none.
template <typename Meets>
std::size_t blank_size(char edge, Meets meets) {
  const auto c = static_cast<unsigned char>(edge);
  if (c <= 0x20 || c == 0x7F) return 1;
  const auto* blank = std::ranges::find_if(wide_blanks, meets);
  return blank == wide_blanks.end() ? 0 : blank->size();
}

std::string_view trim_blanks(std::string_view text) {
  const auto begins = [&](std::string_view blank) { return text.starts_with(blank); };
  const auto ends = [&](std::string_view blank) { return text.ends_with(blank); };
  std::size_t size = 0;
  while (!text.empty() && (size = blank_size(text.front(), begins)) > 0) text.remove_prefix(size);
  while (!text.empty() && (size = blank_size(text.back(), ends)) > 0) text.remove_suffix(size);
  return text;
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// The length of a prefix such as "+CCID:", "^ICCID:", "%XICCID:" or "+SQNCCID:", also without sign.
std::size_t at_prefix(std::string_view text) {
  std::size_t end = 0;
  if (!text.empty() && std::string_view{"+^%#$*"}.find(text.front()) != std::string_view::npos)
    ++end;
  const std::size_t name = end;
  while (end < text.size() && is_letter(text[end])) ++end;
  if (!to_upper(text.substr(name, end - name)).ends_with("CCID")) return 0;
  while (end < text.size() && text[end] == ' ') ++end;
  return end < text.size() && (text[end] == ':' || text[end] == '=') ? end + 1 : 0;
}

// The number in a modem's answer; any other text unchanged.
std::string_view without_at_response(std::string_view text) {
  if (to_upper(text.substr(0, 3)) == "AT+" || to_upper(text.substr(0, 3)) == "AT^") {
    const std::size_t line_end = text.find_first_of("\r\n");  // the echo of the command
    if (line_end != std::string_view::npos) text = trim_blanks(text.substr(line_end));
  }
  if (text.size() > 2 && to_upper(text.substr(text.size() - 2)) == "OK") {
    text = trim_blanks(text.substr(0, text.size() - 2));
  }
  // The modem's own word for "no card": 3GPP TS 27.007, 9.2.
  if (to_upper(text).starts_with("+CME ERROR")) return {};
  text = trim_blanks(text.substr(at_prefix(text)));
  text = trim_blanks(text.substr(0, text.find(',')));  // a second field: the EID
  while (!text.empty() && is_quote(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_quote(text.back())) text.remove_suffix(1);
  return trim_blanks(text);
}

// Removes blanks and hyphens; full-width digits and letters become ASCII.
std::string without_separators(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = 1;
    const char c = text.front();
    const bool inside = !result.empty() && text.size() > 1;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || (c == '-' && inside)) {
      // dropped
    } else if (static_cast<unsigned char>(c) < 0x80) {
      result += c;
    } else {
      const auto begins = [&](std::string_view other) { return text.starts_with(other); };
      const auto* blank = std::ranges::find_if(wide_blanks, begins);
      const auto* hyphen = std::ranges::find_if(wide_hyphens, begins);
      const bool full_width = text.size() >= 3 && text.starts_with("\xEF\xBC") &&
                              static_cast<unsigned char>(text[2]) >= 0x90 &&
                              static_cast<unsigned char>(text[2]) <= 0xA6;  // U+FF10 to U+FF26
      if (blank != wide_blanks.end()) {
        length = blank->size();
      } else if (hyphen != wide_hyphens.end()) {
        length = hyphen->size();
      } else if (full_width) {
        length = 3;
        result += static_cast<char>(static_cast<unsigned char>(text[2]) - 0x90 + '0');
      } else {
        result += c;
      }
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string swap_nibbles(std::string text) {
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
  return text;
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

// Applies the repairs and records those that change the token.
class Steps {
 public:
  Steps(std::string_view token, Leniencies& leniencies) : text_(token), leniencies_(leniencies) {}

  void take(std::string next, Leniency leniency) {
    if (next == text_) return;
    text_ = std::move(next);
    leniencies_.add(leniency);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  Leniencies& leniencies_;
};

bool begins_like_precision_lost(std::string_view text) {
  return text.find('.') != std::string_view::npos || to_upper(text).find("E+") != std::string::npos;
}

// Whether the token is canonical, so that no step would change it. Most reports have such a token,
// and the steps would copy it a dozen times.
bool is_spelled_well(std::string_view token) {
  if (canonical_problem(token)) return false;
  return token.size() == Iccid::min_length || token.back() != 'F';
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

  Steps steps{token, reading.leniencies};
  steps.take(std::string{trim_blanks(steps.text())}, Leniency::trimmed);
  if (means_absent(steps.text())) return reading;
  steps.take(std::string{without_at_response(steps.text())}, Leniency::at_response);
  if (means_absent(steps.text())) return reading;
  if (begins_like_precision_lost(steps.text())) {
    reading.problem = IccidProblem::precision_lost;
    return reading;
  }
  steps.take(without_separators(steps.text()), Leniency::separators);
  if (means_absent(steps.text())) return reading;
  if (steps.text().size() == 32 && all_digits(steps.text())) {
    reading.problem = IccidProblem::eid_not_iccid;
    return reading;
  }
  if (std::ranges::any_of(steps.text(), is_lower_hex)) {
    steps.take(to_upper(steps.text()), Leniency::lower_case);
  }
  if (steps.text().starts_with("98") && steps.text().size() % 2 == 0) {
    steps.take(swap_nibbles(steps.text()), Leniency::nibble_swapped);
  }
  const std::size_t first = steps.text().find_first_not_of('F');
  if (first != std::string::npos && steps.text().compare(first, 2, "89") == 0) {
    steps.take(steps.text().substr(first), Leniency::leading_filler);
  }
  std::size_t length = steps.text().size();
  while (length > min_length && steps.text()[length - 1] == 'F') --length;
  steps.take(steps.text().substr(0, length), Leniency::filler);

  reading.problem = canonical_problem(steps.text());
  if (!reading.problem) reading.iccid = Iccid{steps.text()};
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
  return luhn_digit(text.substr(0, text.size() - 1)) == text.back() ? Luhn::valid : Luhn::invalid;
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
