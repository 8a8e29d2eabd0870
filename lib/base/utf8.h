// SPDX-License-Identifier: Apache-2.0
// utf8.h - Well-formed UTF-8, and how other bytes become it. Pure; any thread.
// Source: Unicode 15, table 3-7 (well-formed sequences) and 3.9 (replacement of maximal subparts).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// U+FEFF, which some programs write before a text.
inline constexpr std::string_view utf8_byte_order_mark = "\xEF\xBB\xBF";
// Whether there was one.
bool skip_byte_order_mark(std::string_view& text);

bool is_utf8(std::string_view bytes);
std::size_t count_characters(std::string_view utf8);
// Each ill-formed part becomes U+FFFD; at most `limit` bytes come out.
std::string replace_invalid_utf8(std::string_view bytes, std::size_t limit = std::string::npos);
// Where in `bytes` the character stands that begins at `offset` of their replaced form.
std::size_t source_of_replaced(std::string_view bytes, std::size_t offset);
// The longest prefix of at most `limit` bytes that does not cut a character.
std::string_view clip_utf8(std::string_view text, std::size_t limit);
// GB18030 as UTF-8; nullopt if the bytes are not GB18030.
std::optional<std::string> decode_gb18030(std::string_view bytes);
// Where in `bytes` the character stands that begins at `offset` of their decoded form.
std::size_t source_of_gb18030(std::string_view bytes, std::size_t offset);

}  // namespace iotcard
