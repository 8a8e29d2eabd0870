// SPDX-License-Identifier: Apache-2.0
#include "csv/encoding_evidence.h"

#include <cstddef>

#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_sample = 30;  // bytes, which are whole pairs

constexpr unsigned octet(char c) {
  return static_cast<unsigned char>(c);
}

constexpr bool is_ascii(char c) {
  return octet(c) < 0x80;
}

constexpr bool is_lower_case(char c) {
  return c >= 'a' && c <= 'z';
}

// Of characters of two bytes: as pairs of GB18030 those that are in GB 2312 too; the others are
// rare.
bool fits_gb2312(std::string_view run) {
  for (std::size_t i = 1; i < run.size(); i += 2) {
    if (octet(run[i]) < 0xA1) return false;
  }
  return true;
}

enum class Block { latin, greek, cyrillic, hebrew, arabic, signs, other };

// Of a character of two bytes.
Block block_of(unsigned code) {
  if (code < 0xC0 || code == 0xD7 || code == 0xF7) return Block::signs;
  if (code < 0x180) return Block::latin;
  if (code >= 0x370 && code < 0x400) return Block::greek;
  if (code >= 0x400 && code < 0x530) return Block::cyrillic;
  if (code >= 0x590 && code < 0x600) return Block::hebrew;
  if (code >= 0x600 && code < 0x700) return Block::arabic;
  return Block::other;
}

// Whether people write this run of characters of two bytes: letters of one alphabet, or one sign.
// Latin letters beyond ASCII stand among those of ASCII.
bool is_usual(std::string_view run) {
  const auto block_at = [&](std::size_t i) {
    return block_of((octet(run[i]) & 0x1F) << 6 | (octet(run[i + 1]) & 0x3F));
  };
  const Block block = block_at(0);
  if (block == Block::other) return false;
  const bool alone = block == Block::latin || block == Block::signs;
  if (alone) return run.size() == 2;
  for (std::size_t i = 2; i < run.size(); i += 2) {
    if (block_at(i) != block) return false;
  }
  return true;
}

std::string as_gb18030(std::string_view bytes) {
  return decode_gb18030(bytes).value_or(std::string{bytes});
}

}  // namespace

void EncodingEvidence::add(std::string_view bytes) {
  if (certain_ || !is_utf8(bytes)) return;
  for (std::size_t i = 0; i < bytes.size() && !certain_;) {
    if (is_ascii(bytes[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < bytes.size() && !is_ascii(bytes[end])) ++end;
    add_run(bytes.substr(i, end - i), i > 0 ? bytes[i - 1] : ' ',
            end < bytes.size() ? bytes[end] : ' ');
    i = end;
  }
}

void EncodingEvidence::add_run(std::string_view run, char before, char behind) {
  // A text with characters of three bytes or more is hardly ever valid in both. A small letter
  // beside the run makes a word of it, as in "Müller".
  constexpr unsigned first_of_three = 0xE0;
  for (const char c : run) {
    if (octet(c) >= first_of_three) certain_ = true;
  }
  if (!fits_gb2312(run) || is_lower_case(before) || is_lower_case(behind)) certain_ = true;
  if (certain_) return;
  if (sample_.empty()) sample_ = run.substr(0, max_sample);
  ++(is_usual(run) ? usual_ : strange_);
}

std::optional<EncodingDoubt> EncodingEvidence::doubt(Encoding taken) const {
  if (!doubtful()) return std::nullopt;
  if (taken == Encoding::gb18030) {
    return EncodingDoubt{Encoding::utf8, as_gb18030(sample_), sample_};
  }
  return EncodingDoubt{Encoding::gb18030, sample_, as_gb18030(sample_)};
}

}  // namespace iotcard
