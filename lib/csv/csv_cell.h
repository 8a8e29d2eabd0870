// SPDX-License-Identifier: Apache-2.0
// csv_cell.h - One cell of text in a CSV file that a spreadsheet may open: nothing in it is taken
// for a formula, no character in it is_control_or_bidi a terminal, and what was written is what is
// read back.
//   1. A character that is_control_or_bidi (domain/plain_text.h), but line feed and tab, becomes
//   \u{85}: its
//      number in hexadecimal. So does a character that begins a formula behind a semicolon, a tab
//      or a line feed, where a spreadsheet that separates by these would see a cell begin. A
//      backslash that would read as the beginning of such an escape becomes \u{5c}; others stay.
//   2. An apostrophe is put before a text that begins with one of = + - @, in their full-width
//      forms too, that begins or ends with white space, or that already has an apostrophe before
//      such a text. Reading takes an apostrophe off exactly there: '=1 is "=1", 'tis is "'tis".
// Numbers are not texts: -5 in a column of numbers is written as it is.
// Not the quoting of RFC 4180, which is outside of this: see append_csv_field(). Pure; any thread.
// Source of what begins a formula: OWASP, CSV Injection.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

std::string csv_cell(std::string_view text);  // valid UTF-8
// Of a cell that is no such text, white space around it is not part of its value.
std::string read_csv_cell(std::string_view cell);
// A formula that is nothing but a text, ="898…", with which people keep a spreadsheet from making
// a number of it, is that text; anything else is as it was. Never what csv_cell() wrote.
std::string_view without_text_formula(std::string_view cell);

// A separator if the row has begun, and the field, in quotes where RFC 4180 or the white space
// around it wants them.
void append_csv_field(std::string& row, std::string_view field);

}  // namespace iotcard
