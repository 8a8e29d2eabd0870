// SPDX-License-Identifier: Apache-2.0
#include "domain/modem_answer.h"

#include <algorithm>

#include "base/text.h"
#include "domain/token_text.h"

namespace iotcard {
namespace {

// 3GPP reserves + and * for its own and for manufacturers' commands; manufacturers use the others.
constexpr std::string_view signs = "+^%#$*!&@";
constexpr std::size_t max_label = 32;
// Modems write commas. The others are of the scripts that write values one behind the other:
// "867000000000023;8986…;-71", "imei=867000000000023&iccid=8986…".
constexpr std::string_view between_fields = ",;|&";

// The length of a label with its colon or equals sign, such as "+CCID:", "!ICCID :", "ICCID=" or
// "SIM Card ID:"; 0: the text begins with none.
std::size_t label_length(std::string_view text) {
  std::size_t end = 0;
  if (!text.empty() && signs.find(text.front()) != std::string_view::npos) ++end;
  if (end == text.size() || !is_letter(text[end])) return 0;
  const auto is_part = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == ' ';
  };
  while (end < text.size() && end < max_label && is_part(text[end])) ++end;
  const bool ends = end < text.size() && (text[end] == ':' || text[end] == '=');
  return ends ? end + 1 : 0;
}

// "AT" and a command; "AT" or "ATE0" alone, too.
bool begins_echo(std::string_view text) {
  if (!equal_ignoring_case(text.substr(0, 2), "AT")) return false;
  if (text.size() == 2) return true;
  return signs.find(text[2]) != std::string_view::npos || is_letter(text[2]) || is_control(text[2]);
}

bool names_card(std::string_view label) {
  const std::string upper = to_upper(label);
  return upper.find("CID") != std::string::npos || upper.find("CARD") != std::string::npos ||
         upper.find("CRSM") != std::string::npos;
}

// A line end is a control character, or one that was escaped twice: a backslash and r or n.
std::size_t find_line_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escaped =
        c == '\\' && i + 1 < text.size() && (text[i + 1] == 'r' || text[i + 1] == 'n');
    if (escaped || (is_control(c) && c != '\t')) return i;
  }
  return text.size();
}

class Reader {
 public:
  void line(std::string_view text) {
    text = trim_blanks(text);
    // Behind an echo without a line end of its own.
    if (begins_echo(text)) text = trim_blanks(text.substr(std::min(text.find(' '), text.size())));
    if (ends_with_ok(text)) text = trim_blanks(text.substr(0, text.size() - 2));
    if (text.empty()) return;
    const std::string upper = to_upper(text);
    if (upper == "ERROR" || upper.starts_with("+CME ERROR") || upper.starts_with("+CMS ERROR")) {
      return;
    }
    ModemAnswer::Field field;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(between_fields), text.size());
      add_field(text.substr(0, end), field);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  ModemAnswer take() { return std::move(answer_); }

 private:
  // A label is of the fields behind it, too.
  void add_field(std::string_view part, ModemAnswer::Field& field) {
    part = trim_blanks(part);
    while (const std::size_t length = label_length(part)) {
      field.labelled = true;
      field.of_card = field.of_card || names_card(part.substr(0, length));
      part = trim_blanks(part.substr(length));
    }
    field.text = trim_quotes(part);
    answer_.fields.push_back(field);
  }

  // Firmware that puts the lines together leaves it behind the number.
  static bool ends_with_ok(std::string_view text) {
    return text.size() >= 2 && equal_ignoring_case(text.substr(text.size() - 2), "OK");
  }

  ModemAnswer answer_;
};

}  // namespace

ModemAnswer read_modem_answer(std::string_view text) {
  constexpr std::size_t max_answer = 4096;  // bytes; no modem answers so much
  if (text.size() > max_answer) return {{{.text = std::string{text}}}};
  Reader reader;
  while (!text.empty()) {
    const std::size_t end = find_line_end(text);
    reader.line(text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty()) text.remove_prefix(text.front() == '\\' ? 2 : 1);
  }
  return reader.take();
}

bool begins_modem_answer(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return false;  // as nearly all do
  const std::string_view word = text.substr(0, text.find_first_of("\"'"));
  return begins_echo(word.substr(0, 3)) || label_length(word) > 0;
}

}  // namespace iotcard
