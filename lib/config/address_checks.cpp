// SPDX-License-Identifier: Apache-2.0
#include "config/address_checks.h"

#include <cstdint>

#include "base/loopback.h"
#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

std::string authority_of(const std::string& behind_scheme) {
  return behind_scheme.substr(0, behind_scheme.find_first_of("/?"));
}

bool is_web_address(const std::string& text, std::string_view forbidden) {
  const auto rest = behind_scheme(text, {"https://", "http://"});
  return rest && is_mqtt_text(*rest) && rest->find_first_of(forbidden) == std::string::npos &&
         is_host_and_port(authority_of(*rest), false);
}

}  // namespace

// "host:port", "host" or "[address]:port".
bool is_host_and_port(std::string_view text, bool port_needed) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = text.substr(0, has_port ? colon : text.size());
  if (host.empty() || host.find_first_of("/@ ") != std::string_view::npos) return false;
  if (bracket == std::string_view::npos && host.find(':') != std::string_view::npos) return false;
  if (!has_port) return !port_needed;
  const std::string_view port = text.substr(colon + 1);
  return parse_integer<std::uint16_t>(port).value_or(0) != 0;
}

// What stands behind the scheme; nullopt: it is none of these.
std::optional<std::string> behind_scheme(const std::string& url,
                                         std::initializer_list<std::string_view> schemes) {
  for (const std::string_view scheme : schemes) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return std::nullopt;
}

Check web_address(const std::string& text) {
  if (!text.ends_with('/') && is_web_address(text, "@?# {}\"\\")) return std::nullopt;
  return expected(
      "https://HOST or https://HOST:PORT/PATH, without a / at its end, user name or query");
}

Check web_address_with_query(const std::string& text) {
  if (is_web_address(text, "@# {}\"\\")) return std::nullopt;
  return expected("https://HOST:PORT/PATH, without a user name or password");
}

bool is_plain_http_to_others(const std::string& url) {
  const auto rest = behind_scheme(url, {"http://"});
  return rest && !names_loopback(authority_of(*rest));
}

}  // namespace iotcard
