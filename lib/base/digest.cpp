// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "base/text.h"

namespace iotcard {
namespace {

using Bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string as_text(const Bytes& bytes, unsigned size) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string digest(Digest kind, std::string_view text) {
  const std::string name{digest_names[kind]};
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> md{
      EVP_MD_fetch(nullptr, name.c_str(), nullptr), EVP_MD_free};
  Bytes bytes{};
  unsigned size = 0;
  if (!md || EVP_Digest(text.data(), text.size(), bytes.data(), &size, md.get(), nullptr) != 1) {
    throw std::runtime_error("this machine's OpenSSL has no " + name);
  }
  return as_text(bytes, size);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  Bytes bytes{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text), text.size(),
           bytes.data(), &size) == nullptr) {
    throw std::runtime_error("this machine's OpenSSL has no HMAC");
  }
  return as_text(bytes, size);
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 0xF];
  }
  return text;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 0xF];
    }
  }
  return encoded;
}

}  // namespace iotcard
