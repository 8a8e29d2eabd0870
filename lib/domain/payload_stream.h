// SPDX-License-Identifier: Apache-2.0
// payload_stream.h - The input stream from which the JSON parser reads a payload. The caller may
// look ahead and replace bytes that JSON does not allow by a substitute; the payload itself stays
// unchanged. One substitution at a time, always ahead of the parser. For device_report.cpp only;
// one thread. The capitalised members are RapidJSON's stream concept.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/byte_word.h"

namespace iotcard {

class PayloadStream {
 public:
  using Ch = char;

  // The parser begins at byte `first`.
  PayloadStream(std::string_view payload, std::size_t first)
      : begin_(payload.data()),
        end_(payload.data() + payload.size()),
        at_(begin_ + first),
        limit_(end_),
        resume_(end_) {
    if (at_ == limit_) next_part();
  }

  // The parser reads each byte two or three times, so at_ always points to a readable byte.
  char Peek() const { return *at_; }
  char Take() {
    const char c = *at_++;
    if (at_ == limit_) next_part();
    return c;
  }
  // Takes the characters that need no escape, up to the end of this part.
  std::string_view take_plain() {
    const char* const first = at_;
    std::uint64_t word = 0;
    std::uint64_t ends = 0;
    while (ends == 0 && static_cast<std::size_t>(limit_ - at_) >= sizeof word) {
      std::memcpy(&word, at_, sizeof word);
      ends = byte_word::ends_of_string(word);
      at_ += ends == 0 ? sizeof word : static_cast<std::size_t>(std::countr_zero(ends)) / 8;
    }
    while (ends == 0 && at_ != limit_ && is_plain(*at_)) ++at_;
    const std::string_view taken{first, static_cast<std::size_t>(at_ - first)};
    if (at_ == limit_) next_part();
    return taken;
  }

  // Takes raw control characters, which JSON does not allow inside a string.
  std::string_view take_controls() {
    const char* const first = at_;
    while (!outside_ && at_ != limit_ && static_cast<unsigned char>(*at_) < ' ') ++at_;
    const std::string_view taken{first, static_cast<std::size_t>(at_ - first)};
    controls_ = controls_ || !taken.empty();
    if (at_ == limit_) next_part();
    return taken;
  }
  bool took_controls() const { return controls_; }
  // Whether strings may have them.
  void allow_controls() { allows_controls_ = true; }
  bool allows_controls() const { return allows_controls_; }

  std::size_t Tell() const { return static_cast<std::size_t>((outside_ ? resume_ : at_) - begin_); }

  // The concept's writing half, which only in-situ parsing uses.
  char* PutBegin() { return unused(); }
  void Put(char) { unused(); }
  void Flush() { unused(); }
  std::size_t PutEnd(char*) { return unused() != nullptr; }

  std::string_view payload() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  bool at_end() const { return Tell() == payload().size(); }

  // From here on the parser sees `substitute`, which must outlive this, for the bytes from `first`
  // up to `last`; no byte from `first` on may have been taken yet.
  void substitute(std::size_t first, std::size_t last, std::string_view substitute) {
    assert(!outside_ && limit_ == end_ && begin_ + first >= at_ && first <= last);
    limit_ = begin_ + first;
    resume_ = begin_ + last;
    substitute_ = substitute;
    if (at_ == limit_) next_part();
  }

 private:
  static bool is_plain(char c) {
    return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ';
  }

  // The parts are the payload up to a substitution, the substitute, the rest of the payload, and at
  // the end a NUL that is never passed.
  void next_part() {
    if (!outside_ && limit_ != end_) {
      outside_ = true;
      at_ = substitute_.data();
      limit_ = at_ + substitute_.size();
      if (at_ != limit_) return;
    }
    outside_ = false;
    at_ = std::exchange(resume_, end_);
    limit_ = end_;
    if (at_ != end_) return;
    static constexpr char nul[1] = {'\0'};
    outside_ = true;
    at_ = nul;
    limit_ = nul + 1;
  }

  static char* unused() {
    assert(false);
    return nullptr;
  }

  const char* begin_;
  const char* end_;
  const char* at_;
  const char* limit_;   // of the part being read
  const char* resume_;  // where the payload continues after the substitute; else its end
  std::string_view substitute_;
  bool allows_controls_ = false;
  bool controls_ = false;
  bool outside_ = false;  // at_ points into the substitute, or to the NUL at the end
};

}  // namespace iotcard
