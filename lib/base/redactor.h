// SPDX-License-Identifier: Apache-2.0
// redactor.h - Replaces secrets in text by "…": in our requests as they are shown to people, in
// what a server echoes, and in error texts. Values; one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

class Redactor {
 public:
  // A shorter secret looks like any other word, and is replaced in our own requests only.
  static constexpr std::size_t min_bytes = 4;

  // As it is, percent-encoded, in base64 (also inside a longer text), in hex, and escaped as JSON.
  void add(std::string_view secret);
  std::string clean(std::string_view text) const;
  std::string clean_request(std::string_view text) const;  // with the short secrets
  // Cleaned, on one line, and cut at 200 characters: for messages.
  std::string quote(std::string_view text) const;

 private:
  using Spellings = std::vector<std::string>;
  static void add_spelling(Spellings& spellings, std::string spelling);
  Spellings spellings_;        // the longest first
  Spellings short_spellings_;  // of short secrets
};

}  // namespace iotcard
