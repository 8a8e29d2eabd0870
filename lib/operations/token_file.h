// SPDX-License-Identifier: Apache-2.0
// token_file.h - The file with the tokens of the HTTP API: its lines, and how an operator adds one
// and takes one back. A line is "NAME read|write sha256:DIGEST", where DIGEST is the SHA-256 of the
// token in 64 hexadecimal digits, or "NAME read|write TOKEN" with the token itself; "#" begins a
// comment. A token of 256 random bits cannot be guessed, so a fast hash hides it as well as a slow
// one would. The text is changed here, the file by the caller. Any thread. Source: RFC 6750.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/name_table.h"

namespace iotcard {

enum class Scope : std::uint8_t { none, read, write };  // write includes read
inline constexpr auto scope_names = make_name_table<Scope>("", "read", "write");

// what() names the file, the line and what is expected; never a token.
class TokenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using TokenDigest = std::array<unsigned char, 32>;  // SHA-256
TokenDigest digest_of_token(std::string_view token);

struct TokenEntry {
  std::string name;
  Scope scope = Scope::none;
  TokenDigest digest{};
  bool hashed = false;  // the file does not have the token itself
};

// `file` names the file in messages. A name or a token that stands in two lines is an error.
// Throws TokenError.
std::vector<TokenEntry> read_tokens(std::string_view text, const std::string& file);
// Also throws if other users may read the file, or its group may write it.
std::string read_token_file(const std::string& path);

// 256 random bits in hexadecimal digits.
std::string new_token();

// The text with one line more, or one line less; all others stay as they are. Both throw
// TokenError, and OperationError: the name is in use (conflict) or cannot be one (invalid), or
// nobody has it (not_found).
std::string text_with_token(std::string_view text, const std::string& file, const std::string& name,
                            Scope scope, std::string_view token);
std::string text_without_token(std::string_view text, const std::string& file,
                               const std::string& name);

}  // namespace iotcard
