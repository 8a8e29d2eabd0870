// SPDX-License-Identifier: Apache-2.0
// base64.h - Encodes bytes in Base64, with padding, and decodes them. Pure; any thread. Source: RFC
// 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

std::string base64(std::string_view bytes);
// nullopt for any text that base64() does not make.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace iotcard
