// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/text_decoder.h"

namespace iotcard {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t length;  // bytes of the character, or of the maximal subpart that is ill-formed
  bool well_formed;
};

Sequence next_sequence(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;  // bounds of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;  // no surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;  // nothing past U+10FFFF
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= bytes.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

}  // namespace

bool skip_byte_order_mark(std::string_view& text) {
  if (!text.starts_with(utf8_byte_order_mark)) return false;
  text.remove_prefix(utf8_byte_order_mark.size());
  return true;
}

bool is_utf8(std::string_view bytes) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    while (bytes.size() >= sizeof word) {  // ASCII, eight at a time
      std::memcpy(&word, bytes.data(), sizeof word);
      if ((word & high_bits) != 0) break;
      bytes.remove_prefix(sizeof word);
    }
    if (bytes.empty()) break;
    const Sequence sequence = next_sequence(bytes);
    if (!sequence.well_formed) return false;
    bytes.remove_prefix(sequence.length);
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view bytes, std::size_t limit) {
  std::string text;
  while (!bytes.empty()) {
    const Sequence sequence = next_sequence(bytes);
    const std::string_view part =
        sequence.well_formed ? bytes.substr(0, sequence.length) : replacement;
    if (part.size() > limit - text.size()) break;
    text += part;
    bytes.remove_prefix(sequence.length);
  }
  return text;
}

std::size_t source_of_replaced(std::string_view bytes, std::size_t offset) {
  std::size_t out = 0;
  std::size_t in = 0;
  while (in < bytes.size() && out < offset) {
    const Sequence sequence = next_sequence(bytes.substr(in));
    out += sequence.well_formed ? sequence.length : replacement.size();
    if (out > offset) break;
    in += sequence.length;
  }
  return in;
}

std::string_view clip_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (limit > 0 && continues(text[limit])) --limit;
  return text.substr(0, limit);
}

namespace {

// Converts until the input ends, does not fit GB18030, or `limit` bytes came out.
struct Gb18030Result {
  std::string text;
  std::size_t consumed;
  bool valid;
};

Gb18030Result convert_gb18030(std::string_view bytes, std::size_t limit) {
  Gb18030Result result{std::string(limit, '\0'), 0, false};
  const TextDecoder::Step step = TextDecoder{"GB18030"}.decode(bytes, result.text);
  result.valid = step.end == TextDecoder::End::all || step.end == TextDecoder::End::full;
  result.consumed = step.read;
  result.text.resize(step.written);
  return result;
}

}  // namespace

std::optional<std::string> decode_gb18030(std::string_view bytes) {
  // Two bytes become three at the most; four become four.
  Gb18030Result result = convert_gb18030(bytes, bytes.size() * 2);
  if (!result.valid || result.consumed != bytes.size()) return std::nullopt;
  return std::move(result.text);
}

std::size_t source_of_gb18030(std::string_view bytes, std::size_t offset) {
  return convert_gb18030(bytes, offset).consumed;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace iotcard
