// SPDX-License-Identifier: Apache-2.0
// http_client.h - The port for HTTP: one request, one answer. Knows nothing about platforms,
// secrets and retries. A client is one connection pool, used by one thread at a time; interrupt()
// may be called from any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotcard {

struct HttpRequest {
  std::string method;  // "GET", "POST", "PUT", "PATCH", "DELETE"
  std::string url;     // percent-encoded, http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent if it is not empty, and always with POST, PUT and PATCH
  // The request changes something, so it is sent at most once. Any other request is sent again if a
  // kept connection ends without an answer: the server may have closed it before the request came.
  bool once = false;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  // The first header of that name, or null.
  const std::string* header(std::string_view lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, [](const auto& header) {
      return std::string_view{header.first};
    });
    return found == headers.end() ? nullptr : &found->second;
  }
};

// There is no answer. what() has neither the URL nor any other part of the request: the caller
// knows which parts are secret.
class HttpError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    unreachable,  // no address, no connection, or a broken connection
    timeout,
    tls,          // no trusted certificate, or no common protocol
    too_large,    // the answer
    interrupted,  // by interrupt()
    refused,      // by us: http:// that is not allowed, not a URL
  };
  HttpError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual HttpResponse send(const HttpRequest& request) = 0;  // throws HttpError
  // A send() under way and each later one end with `interrupted` within a second.
  virtual void interrupt() noexcept = 0;
};

struct HttpOptions {
  std::chrono::milliseconds timeout{30000};      // of one request in all
  std::size_t max_bytes = std::size_t{4} << 20;  // of an answer's body
  bool cut_body = false;        // a larger body is cut there, and is no error: the status counts
  bool allow_insecure = false;  // http:// as well as https://
  std::string ca_file{};  // PEM, trusted instead of the system's authorities; "": the system's
  // The server may show any certificate; only for requests whose content is neither secret nor
  // relied on.
  bool any_certificate = false;
  bool use_proxy = true;  // false: proxies of the environment are ignored
};

// With libcurl: TLS 1.2 or later, verified; proxies from https_proxy, http_proxy, no_proxy; no
// redirects, since they could send the secrets to another host; IPv6 and IPv4. May throw.
std::unique_ptr<HttpClient> make_http_client(HttpOptions options);

}  // namespace iotcard
