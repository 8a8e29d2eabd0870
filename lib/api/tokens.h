// SPDX-License-Identifier: Apache-2.0
// tokens.h - Whose token a request has: compares it with all of the token file
// (operations/token_file.h) in constant time. Immutable; any thread. Source: RFC 6750 (bearer
// tokens).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operations/token_file.h"

namespace iotcard {

class Tokens {
 public:
  struct Owner {
    std::string name;
    Scope scope;
  };

  Tokens() = default;  // no token is needed
  // `name` names the file in messages. Throws TokenError.
  static Tokens parse(std::string_view text, const std::string& name);
  // Also throws if other users may read the file. An empty path: no token is needed.
  static Tokens load(const std::string& path);

  // Also of a file without tokens: nobody may do anything until one is added.
  bool needed() const { return needed_; }
  std::size_t size() const { return entries_.size(); }
  // `authorization` is the value of that header. nullopt: unknown token.
  std::optional<Owner> find(std::string_view authorization) const;
  std::optional<Owner> find_digest(const TokenDigest& shown) const;

 private:
  std::vector<TokenEntry> entries_;
  bool needed_ = false;
};

}  // namespace iotcard
