// SPDX-License-Identifier: Apache-2.0
#include "api_client.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "api_url.h"
#include "base/digest.h"
#include "base/small_file.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "terminal.h"

namespace iotcard {
namespace {

constexpr std::chrono::minutes longest_request{10};  // an import of a large list
constexpr std::size_t max_answer_bytes = std::size_t{256} << 20;
constexpr std::size_t max_token_bytes = 4096;
constexpr int most_rows = 500;  // on a page of the API
constexpr std::size_t shown_of_answer = 200;

std::string token_of(const std::string& path) {
  if (path.empty()) return {};
  const auto file = read_small_file(path, max_token_bytes);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    throw UsageError{fmt::format("cannot read the token from {}: {}", path, problem->text)};
  }
  const auto& [text, mode] = std::get<SmallFile>(file);
  if ((mode & S_IRWXO) != 0) {
    complain(fmt::format("warning: others may read the token in {0}: chmod 0600 {0}", path));
  }
  const std::string token{trim(text)};
  const bool one_word =
      !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
  if (one_word) return token;
  throw UsageError{fmt::format(
      "{}: one line with one token is expected, as \"iotcardctl token add\" prints it", path)};
}

std::string message_of(const std::string& body) {
  try {
    const JsonMembers envelope{JsonSlice::of(body)};
    return envelope["msg"].text();
  } catch (const JsonSliceError&) {
    return {};
  }
}

}  // namespace

ApiClient::ApiClient(const Target& target) {
  const ApiUrl url = read_api_url(target.api_url);
  if (url.insecure && !url.loopback && !target.insecure_http) {
    throw UsageError{
        "--api: over http:// others could read the token and all data; write https://, or say "
        "--insecure-http"};
  }
  base_ = url.base;
  token_ = token_of(target.token_file);
  http_ = make_http_client({.timeout = longest_request,
                            .max_bytes = max_answer_bytes,
                            .allow_insecure = url.insecure,
                            .use_proxy = !url.loopback});
}

std::string ApiClient::send(const char* method, const std::string& path, const Query& query,
                            const std::string& body, const std::string& type,
                            const Headers& headers) {
  HttpRequest request{.method = method, .url = base_ + path, .headers = headers, .body = body};
  for (const auto& [name, value] : query) {
    request.url += fmt::format("{}{}={}", request.url.find('?') == std::string::npos ? '?' : '&',
                               name, percent_encoded(value));
  }
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!body.empty()) request.headers.emplace_back("Content-Type", type);
  request.once = request.method != "GET";
  try {
    const HttpResponse response = http_->send(request);
    if (response.status < 200 || response.status > 299) refuse(response);
    return response.body;
  } catch (const HttpError& error) {
    throw std::runtime_error{fmt::format("the API at {}: {}", base_, error.what())};
  }
}

void ApiClient::refuse(const HttpResponse& response) const {
  const std::string message = message_of(response.body);
  if (message.empty()) {
    throw std::runtime_error{fmt::format(
        "{} answers {} and not as the API of iotcardd: is it the right address? It begins: {}",
        base_, response.status,
        printable(std::string_view{response.body}.substr(0, shown_of_answer)))};
  }
  const std::string* wait = response.header("retry-after");
  switch (response.status) {
    case 400:
      throw OperationError::invalid(message);
    case 404:
      throw OperationError::not_found(message);
    case 409:
      throw OperationError::conflict(message);
    case 412:
      throw OperationError::outdated(message);
    case 401:
      throw std::runtime_error{fmt::format(
          "the API at {}: {}. --token-file or {} names the file with a token; on the daemon's "
          "host \"iotcardctl token add NAME --read\" makes one",
          base_, message, token_file_variable)};
    case 403:
      throw std::runtime_error{
          fmt::format("the API at {}: {}. On the daemon's host \"iotcardctl token add NAME "
                      "--write\" makes a token that may change something",
                      base_, message)};
    case 502:
      throw ApiPlatformError{fmt::format("the API at {}: {}", base_, message)};
    case 503:
      throw std::runtime_error{
          fmt::format("the API at {}: {}{}", base_, message,
                      wait == nullptr ? "" : fmt::format(". Try again in {} s", *wait))};
    default:
      throw std::runtime_error{fmt::format("the API at {}: {}", base_, message)};
  }
}

void ApiClient::understood(const std::function<void()>& read) const {
  try {
    read();
  } catch (const JsonSliceError& error) {
    throw std::runtime_error{
        fmt::format("the API at {} answers what this program does not understand: {}. The "
                    "iotcardctl of the daemon's version does",
                    base_, error.what())};
  }
}

ApiClient::Page ApiClient::page(const std::string& path, Query query, const std::string& cursor,
                                int limit, Paged paged) {
  if (paged != Paged::no) {
    query.emplace_back(paged == Paged::yes ? "pageSize" : "limit",
                       std::to_string(std::min(limit, most_rows)));
  }
  if (!cursor.empty()) query.emplace_back("cursor", cursor);
  Page page{.body = send("GET", path, query, {}, {})};
  understood([&] {
    const JsonMembers envelope{JsonSlice::of(page.body)};
    page.rows = envelope["rows"].items();
    page.next_cursor = envelope["nextCursor"].text();
    if (paged != Paged::by_limit) page.total = envelope.integer("total");
  });
  return page;
}

}  // namespace iotcard
