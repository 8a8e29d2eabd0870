// SPDX-License-Identifier: Apache-2.0
#include "api/tokens.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "base/name_table.h"
#include "base/small_file.h"
#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t min_bytes = 16;  // of a token

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

constexpr auto scope_names = make_name_table<Scope>("", "read", "write");

// A name goes into the store as who acted, and into logs.
bool is_name(std::string_view name) {
  return name.size() <= 64 && std::ranges::all_of(name, is_visible);
}

}  // namespace

Tokens::Digest Tokens::digest_of(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

Tokens Tokens::parse(std::string_view text, const std::string& name) {
  Tokens tokens;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    std::istringstream stream{std::string{line}};
    const std::vector<std::string> words{std::istream_iterator<std::string>{stream}, {}};
    if (words.empty() || words[0].starts_with('#')) continue;
    const auto refuse = [&](const std::string& expected) {
      throw TokenError{fmt::format("{}:{}: expected {}", name, number, expected)};
    };
    if (words.size() != 3) refuse("NAME read|write TOKEN");
    if (!is_name(words[0])) refuse("a name of at most 64 visible ASCII characters");
    const auto scope = scope_names.find(words[1]);
    if (!scope) refuse("\"read\" or \"write\" behind the name");
    // The HTTP library takes %41 in a header for A.
    const bool plain =
        std::ranges::all_of(words[2], [](char c) { return is_visible(c) && c != '%'; });
    if (!plain || words[2].size() < min_bytes) {
      refuse(fmt::format(
          "a token of at least {} visible ASCII characters without %, such as openssl rand "
          "-hex 32 prints",
          min_bytes));
    }
    const Digest digest = digest_of(words[2]);
    for (const Entry& entry : tokens.entries_) {
      if (entry.owner.name == words[0]) refuse("another name: this one stands above");
      if (entry.digest == digest) refuse("another token: this one stands above");
    }
    tokens.entries_.push_back({{words[0], *scope}, digest});
  }
  if (tokens.empty()) {
    throw TokenError{name + ": expected at least one line NAME read|write TOKEN"};
  }
  return tokens;
}

Tokens Tokens::load(const std::string& path) {
  if (path.empty()) return {};
  const auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    throw TokenError{fmt::format("cannot read the tokens from {}: {}", path, problem->text)};
  }
  const auto& [text, mode] = std::get<SmallFile>(file);
  // systemd hands credentials over readable for their owner only, too.
  if ((mode & (S_IRWXO | S_IWGRP)) != 0) {
    throw TokenError{
        fmt::format("{}: others may read this file, or its group may change it; chmod 0640 or "
                    "0600, and chown it to whom reads it",
                    path)};
  }
  return parse(text, path);
}

std::optional<Tokens::Owner> Tokens::find(std::string_view authorization) const {
  constexpr std::string_view scheme = "bearer ";
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  std::string_view token = authorization.substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  const Digest shown = digest_of(token);
  // All of them, each whole: how long it takes says nothing.
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), shown.data(), shown.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->owner;
}

}  // namespace iotcard
