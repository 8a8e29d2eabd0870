// SPDX-License-Identifier: Apache-2.0
#include "base/redactor.h"

#include <algorithm>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_quote = 200;  // characters
constexpr std::size_t min_encoded = 8;

// The part of base64 that every text with `secret` after `before` bytes (0 to 2, modulo 3) has.
std::string base64_core(std::string_view secret, std::size_t before) {
  const std::string text = std::string(before, '\0') + std::string{secret};
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = text.size() * 8 / 6;
  return last <= first ? std::string{} : base64(text).substr(first, last - first);
}

std::string replace_all(std::string text, const std::vector<std::string>& spellings) {
  constexpr std::string_view mark = "…";
  for (const std::string& spelling : spellings) {
    for (std::size_t at = text.find(spelling); at != std::string::npos;
         at = text.find(spelling, at)) {
      text.replace(at, spelling.size(), mark);
      at += mark.size();
    }
  }
  return text;
}

}  // namespace

void Redactor::add_spelling(Spellings& spellings, std::string spelling) {
  if (contains(spellings, spelling)) return;
  const auto at = std::ranges::find_if(
      spellings, [&](const std::string& other) { return other.size() < spelling.size(); });
  spellings.insert(at, std::move(spelling));
}

void Redactor::add(std::string_view secret) {
  if (secret.empty()) return;
  const std::string encoded = percent_encoded(secret);
  if (secret.size() < min_bytes) {
    add_spelling(short_spellings_, std::string{secret});
    return add_spelling(short_spellings_, encoded);
  }
  add_spelling(spellings_, std::string{secret});
  add_spelling(spellings_, encoded);
  std::string small = encoded;  // %2f, as some write it
  for (std::size_t i = 0; i + 2 < small.size(); ++i) {
    if (small[i] == '%') small.replace(i, 3, to_lower(small.substr(i, 3)));
  }
  add_spelling(spellings_, small);
  for (std::size_t before = 0; before < 3; ++before) {
    std::string core = base64_core(secret, before);
    if (core.size() < min_bytes || (core.size() < min_encoded && before > 0)) continue;
    add_spelling(spellings_, core);
    std::ranges::replace(core, '+', '-');
    std::ranges::replace(core, '/', '_');
    add_spelling(spellings_, core);
  }
  add_spelling(spellings_, base64(secret));
  add_spelling(spellings_, to_hex(secret));
  if (is_utf8(secret)) {
    const std::string json = JsonText{}.text(secret).take();
    add_spelling(spellings_, json.substr(1, json.size() - 2));
  }
}

std::string Redactor::clean(std::string_view text) const {
  return replace_all(std::string{text}, spellings_);
}

std::string Redactor::clean_request(std::string_view text) const {
  return replace_all(clean(text), short_spellings_);
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
