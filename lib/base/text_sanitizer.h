// SPDX-License-Identifier: Apache-2.0
// text_sanitizer.h - Makes foreign text safe for a terminal, a log and JSON. It escapes characters
// that are invisible and have an effect: controls (C0, DEL, and C1, whose CSI many terminals obey),
// line and paragraph separators, and those that change the direction of writing (so that a name
// reads as another). Pure; any thread.
// Sources: ECMA-48; Unicode 15, 23.1 and 23.2; UAX 9, table 4.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace iotcard {

struct Character {
  char32_t value;
  std::size_t bytes;
};
// The first character of valid UTF-8 that is not empty.
Character first_character(std::string_view utf8);

bool is_control_or_bidi(char32_t character);
// Whether valid UTF-8 has a character that is_control_or_bidi, except those below U+0020, which
// JSON escapes anyway.
bool has_hidden(std::string_view utf8);

// Whether a text needs no escape in a JSON string and has nothing hidden. A fast test: false for
// all text beyond ASCII.
bool is_json_safe(std::string_view utf8);

// Whether MQTT allows the text in a topic, a name or an identifier: valid UTF-8 without control
// characters and noncharacters. For any other text a broker may end the connection, and mosquitto
// does (MQTT 5.0, 1.5.4).
bool is_mqtt_text(std::string_view text);

// Valid UTF-8 on one line: a character that is_control_or_bidi becomes \x1b or \u202e, a byte that
// is not UTF-8 becomes U+FFFD.
std::string escape_controls(std::string_view text);
// The same, but line feeds stay.
std::string escape_controls_in_lines(std::string_view text);
// For a message that quotes an input: escape_controls(), cut to `max_bytes` with an ellipsis.
std::string printable(std::string_view text, std::size_t max_bytes = 80);
// The same JSON value, with what is_control_or_bidi inside its strings escaped. `json` is valid.
std::string escape_hidden(std::string_view json);

}  // namespace iotcard
