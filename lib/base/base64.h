// SPDX-License-Identifier: Apache-2.0
// base64.h - Encodes bytes in Base64, with padding. Pure; any thread. Source: RFC 4648, section 4.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

std::string base64(std::string_view bytes);

}  // namespace iotcard
