// SPDX-License-Identifier: Apache-2.0
// text_sanitizer.h - Text that a device made up, fit to be shown: on a terminal, in a log, in JSON.
// What must not reach them are the characters that nobody sees and that steer: controls (C0, DEL,
// and C1, whose CSI many terminals obey), line and paragraph separators, and those that change the
// direction of writing (so that a name reads as another). Pure; any thread.
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
// Whether valid UTF-8 has a character that is_control_or_bidi, but those below U+0020, which JSON
// escapes.
bool has_hidden(std::string_view utf8);

// Whether a text stands in JSON between quotes as it is, and has nothing hidden. False for some
// that could, all of them with characters beyond ASCII.
bool is_json_safe(std::string_view utf8);

// Whether MQTT takes the text in a topic, a name or an identifier: valid UTF-8 without control
// characters and noncharacters. A broker may end the connection of whoever sends others, and
// mosquitto does (MQTT 5.0, 1.5.4).
bool is_mqtt_text(std::string_view text);

// Valid UTF-8 on one line: what is_control_or_bidi is shown as \x1b or \u202e, what is not UTF-8 as
// U+FFFD.
std::string escape_controls(std::string_view text);
// The same, of a text that has lines of its own.
std::string neutralise_lines(std::string_view text);
// The same JSON value, with what is_control_or_bidi inside its strings escaped. `json` is valid.
std::string escape_hidden(std::string_view json);

}  // namespace iotcard
