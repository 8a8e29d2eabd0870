// SPDX-License-Identifier: Apache-2.0
// redactor.h - Takes secrets out of text that others made: what a server echoes, and error texts.
// The last line only: what we write ourselves is rendered without them (template.h).
// Values; one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

class Redactor {
 public:
  // A secret shorter than this is a word like any other, and is not looked for.
  static constexpr std::size_t least_bytes = 4;

  // As it is, percent-encoded, in base64 (also in the midst of more), hex, and as JSON escapes it.
  void add(std::string_view secret);
  std::string clean(std::string_view text) const;
  // Cleaned, on one line, and cut at 200 characters: for messages.
  std::string quote(std::string_view text) const;

 private:
  void add_spelling(std::string spelling);
  std::vector<std::string> spellings_;  // the longest first
};

}  // namespace iotcard
