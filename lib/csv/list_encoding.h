// SPDX-License-Identifier: Apache-2.0
// list_encoding.h - The encodings that lists of cards come in, and which of them a list is in: by a
// byte order mark, the pattern of UTF-16, or valid UTF-8. Of a text that is valid UTF-8 and usual
// Chinese in GB18030 too, the likelier one, with a doubt (csv/encoding_evidence.h); nothing else is
// guessed. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/name_table.h"
#include "base/problem.h"

namespace iotcard {

enum class Encoding : std::uint8_t {
  utf8,
  utf16le,
  utf16be,
  gb18030,  // with GBK and GB2312, which are parts of it
  big5,
  shift_jis,
  euc_jp,
  euc_kr,
  windows_874,   // Thai; TIS-620 is a part of it
  windows_1250,  // Central European
  windows_1251,  // Cyrillic
  windows_1252,  // Western
  windows_1253,  // Greek
  windows_1254,  // Turkish
  windows_1255,  // Hebrew
  windows_1256,  // Arabic
  windows_1257,  // Baltic
  windows_1258,  // Vietnamese
  koi8_r,
  koi8_u,
  iso_8859_1,
  iso_8859_2,
  iso_8859_5,
  iso_8859_7,
  iso_8859_9,
  iso_8859_15
};
inline constexpr auto encoding_names = make_name_table<Encoding>(
    "utf-8", "utf-16le", "utf-16be", "gb18030", "big5", "shift-jis", "euc-jp", "euc-kr",
    "windows-874", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
    "windows-1255", "windows-1256", "windows-1257", "windows-1258", "koi8-r", "koi8-u",
    "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15");

// Also by other names of the same, such as "GBK" or "Latin-1". Letter case does not matter.
std::variant<Encoding, Problem> read_encoding(std::string_view name);
const char* iconv_name(Encoding encoding);

// The length of the byte order mark at the beginning of a text.
std::size_t byte_order_mark(std::string_view text, Encoding encoding);

// A workbook or a page is no list in a text; a problem says what to do.
Check check_kind(std::string_view beginning);
// Which encoding a list is in whose first bytes are these. `whole`: there are no others. A problem
// says which encodings it fits, or that it is not a text.
std::variant<Encoding, Problem> detect_encoding(std::string_view beginning, bool whole);

// Whether the first bytes of a list are UTF-8 for certain, with characters beyond ASCII.
bool shows_utf8(std::string_view beginning, bool whole);

// That this text is not UTF-8, from which line on, and which encodings it fits.
Problem not_utf8(std::string_view text);

// The encodings that all of the bytes fit, for a message: "gb18030, big5 and those of one byte a
// character, such as windows-1252". None of them is UTF-8. Those of one byte a character fit nearly
// any bytes: only a person can tell them apart.
std::string encodings_that_fit(std::string_view bytes);

}  // namespace iotcard
