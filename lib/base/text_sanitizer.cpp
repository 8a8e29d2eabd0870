// SPDX-License-Identifier: Apache-2.0
#include "base/text_sanitizer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/byte_word.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

// \x1b below U+0100, \u202e above. No character that is_control_or_bidi is above U+FFFF.
std::string spelled(char32_t character, bool json) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool small = character < 0x100 && !json;
  std::string text = small ? "\\x" : "\\u";
  for (int shift = small ? 4 : 12; shift >= 0; shift -= 4) {
    text += digits[character >> static_cast<unsigned>(shift) & 0xF];
  }
  return text;
}

template <typename Picks>
std::string respelled(std::string_view utf8, bool json, const Picks& picks) {
  std::string text;
  text.reserve(utf8.size());
  while (!utf8.empty()) {
    const Character c = first_character(utf8);
    picks(c.value) ? text += spelled(c.value, json) : text += utf8.substr(0, c.bytes);
    utf8.remove_prefix(c.bytes);
  }
  return text;
}

bool is_hidden(char32_t character) {
  return character >= 0x20 && is_control_or_bidi(character);
}

}  // namespace

Character first_character(std::string_view utf8) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const std::size_t bytes = std::min(length, utf8.size());
  char32_t value = lead & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (byte(i) & 0x3F);
  return {value, bytes};
}

bool is_control_or_bidi(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) ||       // controls
         c == 0x61C || c == 0x200E || c == 0x200F ||  // marks of direction
         (c >= 0x2028 && c <= 0x202E) ||              // separators, embeddings, overrides
         (c >= 0x2066 && c <= 0x206F) ||              // isolates, and what was there before them
         (c >= 0xFFF9 && c <= 0xFFFB);                // annotations
}

// Eight bytes at a time while all is ASCII, because every text in an event is tested: with
// find_first_of(), which calls memchr() for each byte, it was 7% of applying a report.
bool has_hidden(std::string_view utf8) {
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= utf8.size(); at += sizeof word) {
    std::memcpy(&word, utf8.data() + at, sizeof word);
    if (!byte_word::is_below_del(word)) break;
  }
  for (; at < utf8.size(); ++at) {
    const auto c = static_cast<unsigned char>(utf8[at]);
    if (c < 0x7F) continue;
    // No character that is_hidden begins with another byte.
    const bool lead = c == 0x7F || c == 0xC2 || c == 0xD8 || c == 0xE2 || c == 0xEF;
    if (lead && is_hidden(first_character(utf8.substr(at)).value)) return true;
  }
  return false;
}

bool is_json_safe(std::string_view utf8) {
  const auto bare = [](std::uint64_t word) {
    return byte_word::ends_of_string(word) == 0 && byte_word::is_below_del(word);
  };
  std::uint64_t word = 0;
  for (; utf8.size() >= sizeof word; utf8.remove_prefix(sizeof word)) {
    std::memcpy(&word, utf8.data(), sizeof word);
    if (!bare(word)) return false;
  }
  word = byte_word::ones * ' ';
  if (!utf8.empty()) std::memcpy(&word, utf8.data(), utf8.size());
  return bare(word);
}

bool is_mqtt_text(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (; !text.empty(); text.remove_prefix(first_character(text).bytes)) {
    const char32_t c = first_character(text).value;
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool noncharacter = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
    if (control || noncharacter) return false;
  }
  return true;
}

std::string escape_controls(std::string_view text) {
  return respelled(replace_invalid_utf8(text), false, is_control_or_bidi);
}

std::string escape_controls_in_lines(std::string_view text) {
  return respelled(replace_invalid_utf8(text), false,
                   [](char32_t c) { return c != '\n' && is_control_or_bidi(c); });
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  const std::string escaped = escape_controls(text.substr(0, max_bytes + 1));
  if (escaped.size() <= max_bytes) return escaped;
  return std::string{clip_utf8(escaped, max_bytes)} + "…";
}

std::string escape_hidden(std::string_view json) {
  if (!has_hidden(json)) return std::string{json};
  return respelled(json, true, is_hidden);
}

}  // namespace iotcard
