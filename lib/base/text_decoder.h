// SPDX-License-Identifier: Apache-2.0
// text_decoder.h - Text of another encoding as UTF-8, a part at a time, by iconv of the C library.
// Knows nothing of which encoding a text is in. One thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace iotcard {

class TextDecoder {
 public:
  // `iconv_name` as iconv(1) spells it, such as "GB18030".
  explicit TextDecoder(const char* iconv_name);
  ~TextDecoder();
  TextDecoder(const TextDecoder&) = delete;
  TextDecoder& operator=(const TextDecoder&) = delete;

  // False: the C library has no converter for it. In Debian 12 and 13 libc6 has them all; a small
  // container image may lack its folder gconv.
  bool usable() const;

  enum class End {
    all,      // all bytes are decoded
    full,     // `out` is full
    cut,      // the bytes end within a character
    invalid,  // the next byte begins no character of the encoding
  };
  struct Step {
    std::size_t read;     // bytes that were decoded
    std::size_t written;  // bytes of UTF-8
    End end;
  };
  // A decoder that is not usable() finds every byte invalid.
  Step decode(std::string_view bytes, std::span<char> out);

 private:
  void* handle_;
};

}  // namespace iotcard
