// SPDX-License-Identifier: Apache-2.0
#include "api_url.h"

#include <fmt/core.h>

#include <string_view>

#include "base/loopback.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "program.h"

namespace iotcard {
namespace {

// An address on which the daemon listens for all of this machine is none to connect to.
std::string address_to_connect(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  const std::string host = listen.substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : listen.substr(colon);
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1" + port;
  if (host == "[::]") return "[::1]" + port;
  return listen;
}

}  // namespace

ApiUrl read_api_url(const std::string& text) {
  ApiUrl url{.base = text};
  while (url.base.ends_with('/')) url.base.pop_back();
  const std::size_t scheme = url.base.find("://");
  const std::string name = scheme == std::string::npos ? "" : to_lower(url.base.substr(0, scheme));
  url.insecure = name == "http";
  const std::string rest = scheme == std::string::npos ? "" : url.base.substr(scheme + 3);
  const std::string host = rest.substr(0, rest.find('/'));
  if ((name != "https" && name != "http") || host.empty() ||
      rest.find_first_of("?#@ ") != std::string::npos) {
    throw UsageError{
        fmt::format("--api: \"{}\" is not the URL of an API: https://HOST:PORT is "
                    "expected, without a user, ? and #",
                    printable(text))};
  }
  url.loopback = names_loopback(host);
  return url;
}

ApiUrl api_url_here(const ApiConfig& config) {
  if (config.listen.empty()) {
    throw UsageError{
        "the configuration turns the HTTP API off (api.listen is \"\"); --api names "
        "the API of another daemon"};
  }
  if (config.listen.ends_with(":0")) {
    throw UsageError{
        fmt::format("api.listen is \"{}\", so only the daemon knows its port; --api names the URL",
                    printable(config.listen))};
  }
  const std::string address = address_to_connect(config.listen);
  const bool https = !config.cert_file.empty();
  return {.base = (https ? "https://" : "http://") + address,
          .insecure = !https,
          .loopback = names_loopback(address)};
}

}  // namespace iotcard
