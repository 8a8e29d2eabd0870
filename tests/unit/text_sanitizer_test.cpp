// SPDX-License-Identifier: Apache-2.0
#include "base/text_sanitizer.h"

#include <catch2/catch.hpp>

#include "base/json_text.h"
#include "base/utf8.h"

namespace iotcard {

TEST_CASE("an escaped text has no control or bidi characters") {
  CHECK(escape_controls("plain \xE4\xB8\xAD\xF0\x9F\x93\xB6") ==
        "plain \xE4\xB8\xAD\xF0\x9F\x93\xB6");
  CHECK(escape_controls("\x1b[31m") == "\\x1b[31m");
  CHECK(escape_controls("\x1b]8;;http://x\x1b\\y") == "\\x1b]8;;http://x\\x1b\\y");
  CHECK(escape_controls("a\nb\rc\td\x7f") == "a\\x0ab\\x0dc\\x09d\\x7f");
  CHECK(escape_controls("\xC2\x9B"
                        "2J") == "\\x9b2J");
  CHECK(escape_controls("\xE2\x80\xAE"
                        "cod.exe") == "\\u202ecod.exe");
  CHECK(escape_controls("\xD8\x9C\xE2\x81\xA6\xE2\x80\xA9") == "\\u061c\\u2066\\u2029");
  CHECK(escape_controls("\x9B"
                        "2J") ==
        "\xEF\xBF\xBD"
        "2J");  // a C1 byte is no UTF-8
  CHECK(escape_controls_in_lines("a\nb\x1b") == "a\nb\\x1b");
}

TEST_CASE("exactly the control and bidi characters are escaped") {
  for (char32_t c = 0; c < 0x11000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
              static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
              static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    }
    REQUIRE(first_character(text).value == c);
    REQUIRE((escape_controls(text) == text) == !is_control_or_bidi(c));
    REQUIRE(has_hidden(text) == (is_control_or_bidi(c) && c >= 0x20));
  }
}

TEST_CASE("a quoted text is clipped between characters, with an ellipsis") {
  CHECK(printable("two\nlines") == "two\\x0alines");
  CHECK(printable(std::string(80, 'x')) == std::string(80, 'x'));
  CHECK(printable(std::string(81, 'x')) == std::string(80, 'x') + "…");
  CHECK(printable(std::string_view{"a\0b", 3}) == "a\\x00b");
  CHECK(printable("卡卡卡", 8) == "卡卡…");
  CHECK(printable("卡卡卡", 9) == "卡卡卡");
  CHECK(printable(std::string(81, '\xff'), 9) == "\uFFFD\uFFFD\uFFFD…");
  CHECK(printable("\x1b\x1b\x1b", 8) == "\\x1b\\x1b…");
}

TEST_CASE("a text is JSON-safe if none of its bytes needs an escape, at any position") {
  CHECK(is_json_safe(""));
  for (const std::size_t length : {1, 7, 8, 9, 16, 23}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(byte);
        const bool bare = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
        CAPTURE(length, at, byte);
        REQUIRE(is_json_safe(text) == bare);
        if (byte < 0x80) REQUIRE((JsonText{}.text(text).take() == '"' + text + '"') == bare);
      }
    }
  }
}

TEST_CASE("JSON escapes control and bidi characters") {
  JsonText json;
  json.begin_object().member("a", "x\xC2\x9By\x7f\"\xE2\x80\xAE\n\xE4\xB8\xAD");
  json.key("b").raw("{\"c\":\"\xE2\x80\xA8\"}").end_object();
  CHECK(json.take() ==
        "{\"a\":\"x\\u009by\\u007f\\\"\\u202e\\n\xE4\xB8\xAD\",\"b\":{\"c\":\"\\u2028\"}}");
}

}  // namespace iotcard
