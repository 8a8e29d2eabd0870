// SPDX-License-Identifier: Apache-2.0
// modem_answer.h - The fields of a modem's answer to an AT command, as firmware copies it into a
// report: an echo, unsolicited lines, a label such as "+CCID:", quoted or bare fields, a final
// result. Written for the grammar, not for a list of commands. Which field is the number is for its
// reader. Pure; any thread. Sources: ITU-T V.250 5.7 (echo, information text, final result codes),
// 3GPP TS 27.007 5.1 and 9.2 ("+NAME: field,field", +CME ERROR), 8.18 (+CRSM).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

struct ModemAnswer {
  struct Field {
    std::string text;       // without blanks and quotes around it
    bool labelled = false;  // its line begins with a label
    bool of_card = false;   // the label names a card's number or file: +CCID, ^SCID, +CRSM …
  };
  std::vector<Field> fields{};  // in order; final results, errors among them, are none
};

// Any text: one without this grammar is one field.
ModemAnswer read_modem_answer(std::string_view text);

// True if a text begins like such an answer: with an echo, or with a label. Only its first bytes
// count.
bool begins_modem_answer(std::string_view text);

}  // namespace iotcard
