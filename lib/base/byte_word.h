// SPDX-License-Identifier: Apache-2.0
// byte_word.h - Tests eight bytes of text at once, because loops over single bytes are among the
// most expensive parts of reading a report. The first byte is the lowest. Pure; any thread.
// Source: "Bit Twiddling Hacks", determine if a word has a byte less than n.
#pragma once

#include <bit>
#include <cstdint>

namespace iotcard::byte_word {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::uint64_t ones = 0x0101010101010101;
inline constexpr std::uint64_t tops = ones * 0x80;

// Finds the bytes that a JSON string must escape: '"', '\' and those below ' '. The highest bit of
// the first such byte is the lowest bit set; bits above it mean nothing.
constexpr std::uint64_t ends_of_string(std::uint64_t word) {
  const auto below = [](std::uint64_t x, std::uint64_t n) { return (x - ones * n) & ~x; };
  return (below(word, ' ') | below(word ^ ones * '"', 1) | below(word ^ ones * '\\', 1)) & tops;
}

// Whether all bytes are ASCII, and none is DEL.
constexpr bool is_below_del(std::uint64_t word) {
  return ((word | (word + ones)) & tops) == 0;
}

}  // namespace iotcard::byte_word
