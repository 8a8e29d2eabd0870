// SPDX-License-Identifier: Apache-2.0
// digest.h - The digests and encodings with which services have requests signed. The caller says
// what is signed. Pure; any thread. Sources: RFC 1321, FIPS 180-4, GB/T 32905 (SM3), RFC 2104, RFC
// 4648, RFC 3986.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/name_table.h"

namespace iotcard {

enum class Digest : std::uint8_t { md5, sha1, sha256, sm3 };
inline constexpr auto digest_names = make_name_table<Digest>("md5", "sha1", "sha256", "sm3");

// Raw bytes. Both throw std::runtime_error if OpenSSL does not have the digest.
std::string digest(Digest kind, std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

std::string to_hex(std::string_view bytes);  // in lower case
// Everything but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace iotcard
