// SPDX-License-Identifier: Apache-2.0
#include "api/tokens.h"

#include <openssl/crypto.h>

#include "base/text.h"

namespace iotcard {

Tokens Tokens::parse(std::string_view text, const std::string& name) {
  Tokens tokens;
  tokens.entries_ = read_tokens(text, name);
  tokens.needed_ = true;
  return tokens;
}

Tokens Tokens::load(const std::string& path) {
  return path.empty() ? Tokens{} : parse(read_token_file(path), path);
}

std::optional<Tokens::Owner> Tokens::find(std::string_view authorization) const {
  constexpr std::string_view scheme = "bearer ";
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  std::string_view token = authorization.substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return find_digest(digest_of_token(token));
}

std::optional<Tokens::Owner> Tokens::find_digest(const TokenDigest& shown) const {
  // All of them, each whole: how long it takes says nothing.
  const TokenEntry* found = nullptr;
  for (const TokenEntry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), shown.data(), shown.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return Owner{found->name, found->scope};
}

}  // namespace iotcard
