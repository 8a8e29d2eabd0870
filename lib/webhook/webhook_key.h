// SPDX-License-Identifier: Apache-2.0
// webhook_key.h - The secret that a webhook shares with its receiver, and the signature made with
// it. Pure, except for read_webhook_key(), which reads a file. Any thread. Source: Standard
// Webhooks 1.0.0, "Signature scheme".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/problem.h"

namespace iotcard {

inline constexpr std::size_t min_webhook_key_bytes = 24;

struct WebhookKey {
  std::string bytes;
  std::string text;  // as it is in the file; as secret as the bytes
};

// "whsec_" and the key in base64, or the key itself. Line ends behind it do not count.
std::variant<WebhookKey, Problem> webhook_key(std::string_view text);
// The problem does not name the file, nor quote it.
std::variant<WebhookKey, Problem> read_webhook_key(const std::string& path);

// The value of webhook-signature: "v1," and the HMAC-SHA256 of "ID.SECONDS.BODY" in base64.
std::string webhook_signature(const WebhookKey& key, std::string_view id, std::int64_t unix_seconds,
                              std::string_view body);

}  // namespace iotcard
