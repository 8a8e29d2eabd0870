// SPDX-License-Identifier: Apache-2.0
#include "platform/redactor.h"

#include <algorithm>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "platform/digest.h"
#include "platform/http_check.h"

namespace iotcard {
namespace {

constexpr std::size_t max_quote = 200;  // characters
constexpr std::size_t least_encoded = 8;

// What base64 of any text that has `secret` behind `before` bytes (0 to 2, of each three) surely
// has in it.
std::string base64_core(std::string_view secret, std::size_t before) {
  const std::string text = std::string(before, '\0') + std::string{secret};
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = text.size() * 8 / 6;
  return last <= first ? std::string{} : base64(text).substr(first, last - first);
}

}  // namespace

void Redactor::add_spelling(std::string spelling) {
  if (spelling.size() < least_bytes) return;
  if (std::find(spellings_.begin(), spellings_.end(), spelling) != spellings_.end()) return;
  const auto at = std::find_if(spellings_.begin(), spellings_.end(), [&](const std::string& other) {
    return other.size() < spelling.size();
  });
  spellings_.insert(at, std::move(spelling));
}

void Redactor::add(std::string_view secret) {
  if (secret.size() < least_bytes) return;
  add_spelling(std::string{secret});
  const std::string encoded = percent_encoded(secret);
  add_spelling(encoded);
  std::string small = encoded;  // %2f, as some write it
  for (std::size_t i = 0; i + 2 < small.size(); ++i) {
    if (small[i] == '%') small.replace(i, 3, to_lower(small.substr(i, 3)));
  }
  add_spelling(small);
  for (std::size_t before = 0; before < 3; ++before) {
    std::string core = base64_core(secret, before);
    if (core.size() < least_encoded && before > 0) continue;
    add_spelling(core);
    std::replace(core.begin(), core.end(), '+', '-');
    std::replace(core.begin(), core.end(), '/', '_');
    add_spelling(core);
  }
  add_spelling(base64(secret));
  add_spelling(to_hex(secret));
  if (is_utf8(secret)) {
    const std::string json = JsonText{}.text(secret).take();
    add_spelling(json.substr(1, json.size() - 2));
  }
}

std::string Redactor::clean(std::string_view text) const {
  std::string cleaned{text};
  for (const std::string& spelling : spellings_) {
    for (std::size_t at = cleaned.find(spelling); at != std::string::npos;
         at = cleaned.find(spelling, at)) {
      constexpr std::string_view mark = "…";
      cleaned.replace(at, spelling.size(), mark);
      at += mark.size();
    }
  }
  return cleaned;
}

std::string Redactor::quote(std::string_view text) const {
  const std::string plain = escape_controls(clean(text));
  if (count_characters(plain) <= max_quote) return plain;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < max_quote; ++i) {
    bytes += first_character(std::string_view{plain}.substr(bytes)).bytes;
  }
  return plain.substr(0, bytes) + "…";
}

}  // namespace iotcard
