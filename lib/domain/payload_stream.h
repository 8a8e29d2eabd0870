// SPDX-License-Identifier: Apache-2.0
// payload_stream.h - The input stream through which the JSON parser sees a payload. The reader may
// look ahead in the bytes and put a substitute in the place of those that JSON does not allow; the
// payload itself is never changed. One substitution at a time, always ahead of the parser.
// For device_report.cpp only; one thread. The member names are RapidJSON's stream concept.
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

  explicit PayloadStream(std::string_view payload)
      : begin_(payload.data()),
        end_(payload.data() + payload.size()),
        at_(begin_),
        limit_(end_),
        resume_(end_) {
    if (at_ == limit_) leave_single_mode();
  }

  // The parser looks at each byte two or three times: at_ is always on one that can be read.
  char Peek() const { return *at_; }
  char Take() {
    const char c = *at_++;
    if (at_ == limit_) leave_single_mode();
    return c;
  }
  // Takes what a string may hold as it is, as far as it stands in one piece.
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
    if (at_ == limit_) leave_single_mode();
    return taken;
  }

  std::size_t Tell() const {
    return static_cast<std::size_t>((elsewhere_ ? resume_ : at_) - begin_);
  }

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
    assert(!elsewhere_ && limit_ == end_ && begin_ + first >= at_ && first <= last);
    limit_ = begin_ + first;
    resume_ = begin_ + last;
    substitute_ = substitute;
    if (at_ == limit_) leave_single_mode();
  }

 private:
  static bool is_plain(char c) {
    return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ';
  }

  // Behind the payload's first part comes the substitute, behind that the rest, and then a NUL that
  // stays.
  void leave_single_mode() {
    if (!elsewhere_ && limit_ != end_) {
      elsewhere_ = true;
      at_ = substitute_.data();
      limit_ = at_ + substitute_.size();
      if (at_ != limit_) return;
    }
    elsewhere_ = false;
    at_ = std::exchange(resume_, end_);
    limit_ = end_;
    if (at_ != end_) return;
    static constexpr char nul[1] = {'\0'};
    elsewhere_ = true;
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
  const char* resume_;  // where the payload goes on behind the substitute; else its end
  std::string_view substitute_;
  bool elsewhere_ = false;  // at_ is in the substitute, or on the NUL behind the payload
};

}  // namespace iotcard
