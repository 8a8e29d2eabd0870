// SPDX-License-Identifier: Apache-2.0
// csv_cell.h - The text of one cell in a CSV file that a spreadsheet may open: no text becomes a
// formula, no character has an effect on a terminal, and reading returns what was written.
//   1. A character that is_control_or_bidi (base/text_sanitizer.h), except line feed and tab,
//   becomes
//      \u{85}: its number in hexadecimal. So does a character that begins a formula behind a
//      semicolon, a tab or a line feed, because some spreadsheets begin a cell there. A backslash
//      that would begin such an escape becomes \u{5c}; other backslashes stay.
//   2. A text gets an apostrophe before it if it begins with one of = + - @ or their full-width
//      forms, if it begins or ends with white space, or if it is an apostrophe before such a text.
//      Reading removes exactly these: '=1 is "=1", 'tis is "'tis".
//   3. Reading also removes an apostrophe before digits, which keeps a spreadsheet from making a
//      number of them; a text that has one itself is written with two.
// Numbers are written without escapes: -5 stays -5. The quotes of RFC 4180 are added outside of
// this, by append_csv_field(). Pure; any thread. Source of what begins a formula: OWASP, CSV
// Injection.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

std::string csv_cell(std::string_view text);  // valid UTF-8
// White space around a cell that csv_cell() did not write is removed.
std::string read_csv_cell(std::string_view cell);
// The text of a formula such as ="898…", which keeps a spreadsheet from making it a number; any
// other cell unchanged. csv_cell() never writes such a formula.
std::string_view without_text_formula(std::string_view cell);

// Adds a separator unless the row is empty, and the field, in quotes if RFC 4180 or white space
// around it requires them.
void append_csv_field(std::string& row, std::string_view field);

}  // namespace iotcard
