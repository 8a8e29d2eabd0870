// SPDX-License-Identifier: Apache-2.0
#include "http/http_check.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "base/text.h"

namespace iotcard {
namespace {

using Kind = HttpError::Kind;

constexpr std::string_view tls_needed =
    "http:// is refused, since without TLS others could read the secrets; "
    "https:// is needed, or allow_insecure = true";

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || is_letter(c) ||
           (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

// A line break would begin another header, and a NUL would end the text: a bug, or an injection.
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

void check_headers(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) throw HttpError{Kind::refused, "the name of a header is not valid"};
    if (std::ranges::any_of(value, is_control)) {
      throw HttpError{Kind::refused, "a header has a line break or another control character"};
    }
    const std::string lowered = to_lower(name);
    if (lowered == "content-length" || lowered == "transfer-encoding") {
      throw HttpError{Kind::refused, lowered + " cannot be set: it follows from the body"};
    }
  }
}

void check_url(const std::string& url, bool allow_insecure) {
  if (std::ranges::any_of(url, [](char c) { return is_control(c) || c == '\t'; })) {
    throw HttpError{Kind::refused, "the URL has a line break or another control character"};
  }
  const std::unique_ptr<CURLU, UrlDeleter> parts{curl_url()};
  if (!parts) throw std::bad_alloc{};
  char* scheme = nullptr;
  // The transfer uses the same parser, so both see the same scheme.
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
    throw HttpError{Kind::refused, "the URL is not valid: https://HOST/… is expected"};
  }
  const std::string name = to_lower(scheme);
  curl_free(scheme);
  if (name == "https" || (name == "http" && allow_insecure)) return;
  if (name == "http") throw HttpError{Kind::refused, std::string{tls_needed}};
  throw HttpError{Kind::refused, "the URL begins with another scheme than https://"};
}

}  // namespace

void check_request(const HttpRequest& request, bool allow_insecure) {
  if (!always_has_body(request.method) && request.method != "GET" && request.method != "DELETE") {
    throw HttpError{Kind::refused, "the method is not GET, POST, PUT, PATCH or DELETE"};
  }
  check_url(request.url, allow_insecure);
  check_headers(request);
}

bool always_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace iotcard
