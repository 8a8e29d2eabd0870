// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_key.h"

#include <fmt/format.h>

#include <optional>

#include "base/base64.h"
#include "base/digest.h"
#include "base/small_file.h"
#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t max_file_bytes = 4096;

}  // namespace

std::variant<WebhookKey, Problem> webhook_key(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (has_control(text)) return expected("one line with the secret");
  WebhookKey key{std::string{text}, std::string{text}};
  if (text.starts_with(prefix)) {
    auto bytes = from_base64(text.substr(prefix.size()));
    if (!bytes) return expected("base64, with its padding, behind whsec_");
    key.bytes = *std::move(bytes);
  }
  if (key.bytes.size() >= min_webhook_key_bytes) return key;
  return expected(fmt::format(
      "a secret of at least {} bytes, and it has {}; make one with: (printf whsec_; openssl rand "
      "-base64 32)",
      min_webhook_key_bytes, key.bytes.size()));
}

std::variant<WebhookKey, Problem> read_webhook_key(const std::string& path) {
  const auto file = read_small_file(path, max_file_bytes);
  if (const auto* problem = std::get_if<Problem>(&file)) return *problem;
  return webhook_key(std::get<SmallFile>(file).text);
}

std::string webhook_signature(const WebhookKey& key, std::string_view id, std::int64_t unix_seconds,
                              std::string_view body) {
  return "v1," + base64(hmac_sha256(key.bytes, fmt::format("{}.{}.{}", id, unix_seconds, body)));
}

}  // namespace iotcard
