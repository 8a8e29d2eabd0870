// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <catch2/catch.hpp>

#include "base/text_sanitizer.h"

using namespace iotcard;

TEST_CASE("well-formed UTF-8 is told from the rest") {
  for (const char* text : {"", "ascii, longer than eight bytes", "\u00e9", "\u6e29\u5ea6",
                           "\U0001F600", "12345678\u6e29"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "12345678\xE6\xB8", "\xFF"}) {
    CAPTURE(bytes);
    CHECK_FALSE(is_utf8(bytes));
  }
}

TEST_CASE("each ill-formed part becomes one replacement character") {
  CHECK(replace_invalid_utf8("a\xE6\xB8z") == "a\uFFFDz");
  CHECK(replace_invalid_utf8("\xFF\xFE") == "\uFFFD\uFFFD");
  CHECK(replace_invalid_utf8("abc", 2) == "ab");
  CHECK(replace_invalid_utf8("a\u6e29", 3) == "a");
}

TEST_CASE("an offset in replaced or decoded text leads back to the bytes") {
  const std::string_view broken = "a\xFFz";  // a, U+FFFD, z
  CHECK(source_of_replaced(broken, 0) == 0);
  CHECK(source_of_replaced(broken, 1) == 1);
  CHECK(source_of_replaced(broken, 4) == 2);
  const std::string_view gb = "a\xCE\xC2z";  // a, U+6E29, z
  CHECK(decode_gb18030(gb) == "a\u6e29z");
  CHECK(source_of_gb18030(gb, 1) == 1);
  CHECK(source_of_gb18030(gb, 4) == 3);
  CHECK_FALSE(decode_gb18030("\xFF\xFF"));
  CHECK_FALSE(decode_gb18030("abc\xCE"));
}

TEST_CASE("clipping never cuts a character") {
  CHECK(clip_utf8("\u6e29\u5ea6", 4) == "\u6e29");
  CHECK(clip_utf8("ab", 2) == "ab");
  CHECK(clip_utf8("\u6e29", 2).empty());
}

TEST_CASE("MQTT text is UTF-8 without control characters") {
  CHECK(is_mqtt_text(""));
  CHECK(is_mqtt_text("/工/é/\u00A0~"));
  for (const char* text : {"a\t", "\n", "\x7F", "\u0080", "a\u009F", "\xC2", "\xFF"}) {
    CAPTURE(text);
    CHECK_FALSE(is_mqtt_text(text));
  }
  CHECK_FALSE(is_mqtt_text(std::string_view{"a\0b", 3}));
}
