// SPDX-License-Identifier: Apache-2.0
#include "operations/token_file.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/digest.h"
#include "base/small_file.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/operation.h"

namespace iotcard {
namespace {

constexpr std::size_t min_bytes = 16;  // of a token that the file has itself
constexpr std::size_t max_name = 64;
constexpr std::string_view hash_scheme = "sha256:";

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

// A name goes into the store as who acted, and into logs.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name && name[0] != '#' &&
         std::ranges::all_of(name, is_visible);
}

template <typename Bytes>
std::string hexadecimal(const Bytes& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<TokenDigest> parse_digest(std::string_view text) {
  TokenDigest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::string_view pair = text.substr(2 * i, 2);
    const auto [end, error] = std::from_chars(pair.begin(), pair.end(), digest[i], 16);
    if (error != std::errc{} || end != pair.end()) return std::nullopt;
  }
  return digest;
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string{line}};
  std::vector<std::string> words{std::istream_iterator<std::string>{stream}, {}};
  if (!words.empty() && words[0].starts_with('#')) words.clear();
  return words;
}

// Fills what the third word says; returns what was expected instead, "" if it fits.
std::string read_secret(std::string_view word, TokenEntry& entry) {
  if (word.starts_with(hash_scheme)) {
    const auto digest = parse_digest(word.substr(hash_scheme.size()));
    if (!digest) return "64 hexadecimal digits behind sha256:, as \"iotcardctl token add\" writes";
    entry.digest = *digest;
    entry.hashed = true;
    return "";
  }
  // The HTTP library takes %41 in a header for A.
  const bool plain = std::ranges::all_of(word, [](char c) { return is_visible(c) && c != '%'; });
  if (!plain || word.size() < min_bytes) {
    return fmt::format(
        "a token of at least {} visible ASCII characters without %, such as openssl rand "
        "-hex 32 prints",
        min_bytes);
  }
  entry.digest = digest_of_token(word);
  return "";
}

}  // namespace

TokenDigest digest_of_token(std::string_view token) {
  TokenDigest found{};
  std::ranges::copy(digest(Digest::sha256, token), found.begin());
  return found;
}

std::vector<TokenEntry> read_tokens(std::string_view text, const std::string& file) {
  std::vector<TokenEntry> entries;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    const auto refuse = [&](const std::string& expected) {
      throw TokenError{fmt::format("{}:{}: expected {}", file, number, expected)};
    };
    if (words.size() != 3) refuse("NAME read|write TOKEN");
    if (!is_name(words[0])) refuse("a name of at most 64 visible ASCII characters");
    const auto scope = scope_names.find(words[1]);
    if (!scope) refuse("\"read\" or \"write\" behind the name");
    TokenEntry entry{.name = words[0], .scope = *scope};
    if (const std::string expected = read_secret(words[2], entry); !expected.empty()) {
      refuse(expected);
    }
    for (const TokenEntry& other : entries) {
      if (other.name == entry.name) refuse("another name: this one stands above");
      if (other.digest == entry.digest) refuse("another token: this one stands above");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string read_token_file(const std::string& path) {
  auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    std::error_code ignored;
    const bool missing = !std::filesystem::exists(path, ignored);
    throw TokenError{fmt::format("cannot read the tokens from {}: {}{}", path, problem->text,
                                 missing ? "; iotcardctl token add makes the file" : "")};
  }
  auto& [text, mode] = std::get<SmallFile>(file);
  // systemd hands credentials over readable for their owner only, too.
  if ((mode & (S_IRWXO | S_IWGRP)) != 0) {
    throw TokenError{
        fmt::format("{}: others may read this file, or its group may change it; chmod 0640 or "
                    "0600, and chown it to whom reads it",
                    path)};
  }
  return std::move(text);
}

std::string new_token() {
  std::array<unsigned char, 32> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::system_error{errno, std::generic_category(), "cannot get random bytes"};
  }
  return hexadecimal(bytes);
}

std::string text_with_token(std::string_view text, const std::string& file, const std::string& name,
                            Scope scope, std::string_view token) {
  if (!is_name(name)) {
    throw OperationError::invalid(
        fmt::format("\"{}\" cannot be the name of a token: at most {} visible ASCII characters "
                    "without blanks are expected, the first not #",
                    printable(name), max_name));
  }
  for (const TokenEntry& entry : read_tokens(text, file)) {
    if (entry.name != name) continue;
    throw OperationError::conflict(fmt::format(
        "{} has a token of {} already: remove it first, or choose another name", file, name));
  }
  std::string longer{text};
  if (!longer.empty() && !longer.ends_with('\n')) longer += '\n';
  return longer + fmt::format("{} {} {}{}\n", name, scope_names[scope], hash_scheme,
                              hexadecimal(digest_of_token(token)));
}

std::string text_without_token(std::string_view text, const std::string& file,
                               const std::string& name) {
  read_tokens(text, file);  // in a file with a mistake nothing is changed
  std::string shorter;
  bool found = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    const std::vector<std::string> words = words_of(line);
    const bool removed = !words.empty() && words[0] == name;
    found = found || removed;
    if (!removed) shorter.append(line);
    text.remove_prefix(end);
  }
  if (!found) {
    throw OperationError::not_found(fmt::format(
        "{} has no token of {}; \"token list\" names those that it has", file, printable(name)));
  }
  return shorter;
}

}  // namespace iotcard
