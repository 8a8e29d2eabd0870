// SPDX-License-Identifier: Apache-2.0
// tokens.h - The token file, with lines "NAME read|write TOKEN", and the comparison of a request's
// token with all of them in constant time. Immutable; any thread. Source: RFC 6750 (bearer tokens).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

enum class Scope : std::uint8_t { none, read, write };  // write includes read

// what() names the file, the line and what is expected; never a token.
class TokenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Tokens {
 public:
  struct Owner {
    std::string name;
    Scope scope;
  };

  Tokens() = default;  // no tokens: none is needed
  // `name` names the file in messages. Throws TokenError.
  static Tokens parse(std::string_view text, const std::string& name);
  // Also throws if other users may read the file. An empty path: no tokens.
  static Tokens load(const std::string& path);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  // `authorization` is the value of that header. nullopt: unknown token.
  std::optional<Owner> find(std::string_view authorization) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Entry {
    Owner owner;
    Digest digest;  // SHA-256 of the token
  };
  static Digest digest_of(std::string_view token);

  std::vector<Entry> entries_;
};

}  // namespace iotcard
