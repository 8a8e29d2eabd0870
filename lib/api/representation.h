// SPDX-License-Identifier: Apache-2.0
// representation.h - Which form of an answer a client wants: compressed or not, and whether it has
// the answer already. Not the compression itself. Pure; any thread. Source: RFC 9110, 8.8.3, 12.5.3
// and 13.1.2.
#pragma once

#include <string_view>

namespace iotcard {

// By the value of Accept-Encoding; "" (no such header) accepts nothing but plain bytes.
bool accepts_gzip(std::string_view accept_encoding);

// Whether If-None-Match names `etag` ("\"1f\"" or "W/\"1f\""), by the weak comparison.
bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace iotcard
