// SPDX-License-Identifier: Apache-2.0
// payload_stream.h - The input stream through which the JSON parser sees a payload. The reader may
// look ahead in the bytes and put a substitute in the place of those that JSON does not allow; the
// payload itself is never changed. One substitution at a time, always ahead of the parser.
// For device_report.cpp only; one thread. The member names are RapidJSON's stream concept.
#pragma once

#include <cassert>
#include <cstddef>
#include <string_view>

namespace iotcard {

class PayloadStream {
 public:
  using Ch = char;

  explicit PayloadStream(std::string_view payload)
      : begin_(payload.data()),
        end_(payload.data() + payload.size()),
        at_(begin_),
        limit_(end_),
        resume_(end_) {}

  char Peek() const { return at_ != limit_ ? *at_ : '\0'; }
  char Take() {
    if (at_ == limit_) return '\0';
    const char c = *at_++;
    if (at_ == limit_) go_on();
    return c;
  }
  std::size_t Tell() const {
    return static_cast<std::size_t>((in_substitute_ ? resume_ : at_) - begin_);
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
    assert(!in_substitute_ && limit_ == end_ && begin_ + first >= at_ && first <= last);
    limit_ = begin_ + first;
    resume_ = begin_ + last;
    substitute_ = substitute;
    if (at_ == limit_) go_on();
  }

 private:
  // Behind the payload's first part comes the substitute, behind that the rest.
  void go_on() {
    if (!in_substitute_ && limit_ != end_) {
      in_substitute_ = true;
      at_ = substitute_.data();
      limit_ = at_ + substitute_.size();
    }
    if (in_substitute_ && at_ == limit_) {
      in_substitute_ = false;
      at_ = resume_;
      limit_ = end_;
    }
  }

  static char* unused() {
    assert(false);
    return nullptr;
  }

  const char* begin_;
  const char* end_;
  const char* at_;
  const char* limit_;   // of the part being read
  const char* resume_;  // where the payload goes on behind the substitute
  std::string_view substitute_;
  bool in_substitute_ = false;
};

}  // namespace iotcard
