// SPDX-License-Identifier: Apache-2.0
// The HTTP client over libcurl. A multi handle with one easy handle: the multi handle keeps the
// connections alive between requests, and its poll can be woken, so interrupt() is prompt.
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/x509.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "http/http_check.h"
#include "http/http_client.h"

namespace iotcard {
namespace {

using Kind = HttpError::Kind;

constexpr std::chrono::milliseconds longest_connect{10000};
constexpr std::size_t max_header_bytes = std::size_t{64} << 10;  // of an answer in all
constexpr int poll_milliseconds = 500;                           // in case that the wake-up fails

template <auto free_it>
struct Deleter {
  template <typename Thing>
  void operator()(Thing* thing) const {
    free_it(thing);
  }
};
using List = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());  // it is the head of `longer`, or was null
  list.reset(longer);
}

// The callbacks write into this; they are called from C and throw nothing.
struct Incoming {
  HttpResponse response;
  std::size_t max_bytes;
  bool cut_body;
  std::size_t header_bytes = 0;
  bool body_too_large = false;
  bool headers_too_large = false;
  bool out_of_memory = false;

  void header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // of the answer after an interim one (1xx)
      response.headers.clear();
      return;
    }
    if (line.starts_with(' ') || line.starts_with('\t')) {  // a folded line (RFC 9112, 5.2)
      if (!response.headers.empty()) {
        response.headers.back().second.append(" ").append(trim(line));
      }
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;  // the blank line, or no header
    response.headers.emplace_back(to_lower(trim(line.substr(0, colon))),
                                  trim(line.substr(colon + 1)));
  }
};

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* to) noexcept {
  Incoming& incoming = *static_cast<Incoming*>(to);
  incoming.header_bytes += count;
  incoming.headers_too_large = incoming.header_bytes > max_header_bytes;
  if (incoming.headers_too_large) return 0;
  try {
    incoming.header({bytes, count});
  } catch (...) {
    incoming.out_of_memory = true;
    return 0;
  }
  return count;
}

// Called with the decoded bytes, so the limit holds for a compressed answer too.
std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* to) noexcept {
  Incoming& incoming = *static_cast<Incoming*>(to);
  std::string& body = incoming.response.body;
  const std::size_t room = incoming.max_bytes - body.size();
  incoming.body_too_large = count > room;
  if (incoming.body_too_large && !incoming.cut_body) return 0;
  try {
    body.append(bytes, std::min(count, room));
  } catch (...) {
    incoming.out_of_memory = true;
    return 0;
  }
  return incoming.body_too_large ? 0 : count;  // 0 ends the transfer
}

void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) {
    throw HttpError{Kind::unreachable, std::string{"libcurl: "} + curl_easy_strerror(result)};
  }
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy, option, value);
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
  if (result != CURLE_OK) {
    throw HttpError{Kind::refused,
                    fmt::format("libcurl does not take its option {}: {}", static_cast<int>(option),
                                curl_easy_strerror(result))};
  }
}

template <typename Value>
Value get(CURL* easy, CURLINFO info) {
  Value value{};
  curl_easy_getinfo(easy, info, &value);
  return value;
}

class CurlClient : public HttpClient {
 public:
  explicit CurlClient(HttpOptions options) : options_(std::move(options)) {
    initialise_curl();
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
    if (!easy_ || !multi_) throw std::bad_alloc{};
  }

  HttpResponse send(const HttpRequest& request) override;

  void interrupt() noexcept override {
    interrupted_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  List prepare(const HttpRequest& request, Incoming& incoming);
  CURLcode transfer();
  [[noreturn]] void fail(CURLcode result, const Incoming& incoming);

  const HttpOptions options_;
  std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>> multi_;
  std::unique_ptr<CURL, Deleter<curl_easy_cleanup>> easy_;  // destroyed first
  std::atomic<bool> interrupted_ = false;
};

// Sets all options of the request; the list must live as long as the request is under way.
List CurlClient::prepare(const HttpRequest& request, Incoming& incoming) {
  CURL* easy = easy_.get();
  curl_easy_reset(easy);  // the connections stay
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);  // sent as it was signed
  set(easy, CURLOPT_PROTOCOLS_STR, options_.allow_insecure ? "https,http" : "https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // HTTP/2 has no advantage for one request at a time on a connection.
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_USERAGENT, "iotcardd/" IOTCARD_VERSION);
  set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");

  for (const CURLoption version : {CURLOPT_SSLVERSION, CURLOPT_PROXY_SSLVERSION}) {
    set(easy, version, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  }
  set(easy, CURLOPT_SSL_VERIFYPEER, options_.any_certificate ? 0L : 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, options_.any_certificate ? 0L : 2L);
  if (!options_.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    // Otherwise the system's folder of authorities would be trusted as well.
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }

  if (!options_.use_proxy) set(easy, CURLOPT_NOPROXY, "*");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for a silent name server
  const std::chrono::milliseconds connect = std::min(options_.timeout, longest_connect);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));

  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // those of a proxy
  set(easy, CURLOPT_HEADERFUNCTION, take_header);
  set(easy, CURLOPT_HEADERDATA, &incoming);
  set(easy, CURLOPT_WRITEFUNCTION, take_body);
  set(easy, CURLOPT_WRITEDATA, &incoming);

  if (always_has_body(request.method) || !request.body.empty()) {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.c_str());  // not copied
  }
  set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(easy, CURLOPT_FRESH_CONNECT,
      request.once ? 1L : 0L);  // libcurl sends again on kept connections only

  List headers;
  append(headers, "Expect:");        // removes libcurl's own headers: no waiting for 100 Continue,
  append(headers, "Content-Type:");  // and only the type of the request
  for (const auto& [name, value] : request.headers) {
    // A name with an empty value would remove the header instead.
    append(headers, value.empty() ? name + ";" : name + ": " + value);
  }
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  return headers;
}

// Returns when the request has ended in any way; CURLE_ABORTED_BY_CALLBACK: interrupted.
CURLcode CurlClient::transfer() {
  curl_multi_add_handle(multi_.get(), easy_.get());
  const std::shared_ptr<void> added{
      nullptr, [this](void*) { curl_multi_remove_handle(multi_.get(), easy_.get()); }};
  int running = 1;
  CURLMcode result = CURLM_OK;
  while (!interrupted_) {
    result = curl_multi_perform(multi_.get(), &running);
    if (result != CURLM_OK || running == 0) break;
    result = curl_multi_poll(multi_.get(), nullptr, 0, poll_milliseconds, nullptr);
    if (result != CURLM_OK) break;
  }
  if (result != CURLM_OK) {
    throw HttpError{Kind::unreachable, std::string{"libcurl: "} + curl_multi_strerror(result)};
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_ABORTED_BY_CALLBACK;
}

HttpResponse CurlClient::send(const HttpRequest& request) {
  check_request(request, options_.allow_insecure);
  Incoming incoming{.response = {}, .max_bytes = options_.max_bytes, .cut_body = options_.cut_body};
  const List headers = prepare(request, incoming);
  const CURLcode result = transfer();
  if (incoming.out_of_memory) throw std::bad_alloc{};
  const bool cut = incoming.body_too_large && options_.cut_body;
  if (result != CURLE_OK && !cut) fail(result, incoming);
  incoming.response.status = static_cast<int>(get<long>(easy_.get(), CURLINFO_RESPONSE_CODE));
  return std::move(incoming.response);
}

// With texts of our own, since the detailed ones of libcurl have the host in them.
void CurlClient::fail(CURLcode result, const Incoming& incoming) {
  CURL* easy = easy_.get();
  const std::string text = curl_easy_strerror(result);
  const bool connected = get<curl_off_t>(easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
  if (incoming.body_too_large) {
    throw HttpError{Kind::too_large,
                    fmt::format("the answer has more than {} bytes", options_.max_bytes)};
  }
  // libcurl itself rejects a very long header line, with one of these codes.
  constexpr int too_large = 100;  // CURLE_TOO_LARGE since 8.6
  if (incoming.headers_too_large || result == CURLE_OUT_OF_MEMORY || result == too_large) {
    throw HttpError{
        Kind::too_large,
        fmt::format("the headers of the answer have more than {} bytes", max_header_bytes)};
  }
  switch (result) {
    case CURLE_ABORTED_BY_CALLBACK:
      throw HttpError{Kind::interrupted, "interrupted"};
    case CURLE_OPERATION_TIMEDOUT: {
      if (connected) {
        throw HttpError{Kind::timeout,
                        fmt::format("no whole answer within {} ms", options_.timeout.count())};
      }
      const auto waited = std::min(options_.timeout, longest_connect);
      throw HttpError{Kind::unreachable, fmt::format("no connection within {} ms", waited.count())};
    }
    case CURLE_PEER_FAILED_VERIFICATION: {
      // libcurl compares the name of the host itself; OpenSSL then reports no special error.
      constexpr long unspecified = X509_V_ERR_UNSPECIFIED;
      const long proxy = get<long>(easy, CURLINFO_PROXY_SSL_VERIFYRESULT);
      const long peer = get<long>(easy, CURLINFO_SSL_VERIFYRESULT);
      if (proxy > unspecified) {
        throw HttpError{Kind::tls, std::string{"the proxy's certificate is refused: "} +
                                       X509_verify_cert_error_string(proxy)};
      }
      throw HttpError{Kind::tls, std::string{"the certificate is refused: "} +
                                     (peer > unspecified ? X509_verify_cert_error_string(peer)
                                                         : "it is for another host")};
    }
    case CURLE_SSL_CACERT_BADFILE:
      throw HttpError{Kind::tls, options_.ca_file.empty()
                                     ? "the system's certificate authorities cannot be read; the "
                                       "package ca-certificates has them"
                                     : options_.ca_file + ": no certificate authorities in it"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      throw HttpError{Kind::tls, text};
    case CURLE_UNSUPPORTED_PROTOCOL:  // not of the URL, which has been checked
    case CURLE_WEIRD_SERVER_REPLY:
      throw HttpError{Kind::unreachable, "the answer is not HTTP"};
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: {
      const long proxy = get<long>(easy, CURLINFO_HTTP_CONNECTCODE);
      if (proxy >= 300) {
        throw HttpError{Kind::unreachable, fmt::format("the proxy answered {}", proxy)};
      }
      const long error = get<long>(easy, CURLINFO_OS_ERRNO);
      throw HttpError{Kind::unreachable,
                      error == 0
                          ? text
                          : text + ": " + std::generic_category().message(static_cast<int>(error))};
    }
    default:
      throw HttpError{Kind::unreachable, text};
  }
}

}  // namespace

std::unique_ptr<HttpClient> make_http_client(HttpOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace iotcard
