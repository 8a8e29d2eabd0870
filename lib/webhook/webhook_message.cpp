// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/retry_after.h"

namespace iotcard {
namespace {

using Kind = WebhookAnswer::Kind;

constexpr std::size_t max_answer_bytes = 4096;  // of which a message quotes the beginning

std::int64_t unix_seconds(Instant time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Kind kind_of(int status) {
  if (status >= 200 && status <= 299) return Kind::delivered;
  if (status == 410) return Kind::gone;
  const bool refused = status >= 400 && status <= 499 && status != 408 && status != 429;
  return refused ? Kind::refused : Kind::failed;
}

ServiceFault fault_of(int status) {
  if (status == 408) return ServiceFault::timeout;
  if (status == 429) return ServiceFault::rate_limited;
  return status >= 500 ? ServiceFault::unavailable : ServiceFault::refused;
}

ServiceFault fault_of(HttpError::Kind kind) {
  switch (kind) {
    case HttpError::Kind::timeout:
      return ServiceFault::timeout;
    case HttpError::Kind::too_large:
      return ServiceFault::unreadable;
    case HttpError::Kind::interrupted:
      return ServiceFault::interrupted;
    case HttpError::Kind::refused:
      return ServiceFault::refused;
    case HttpError::Kind::unreachable:
    case HttpError::Kind::tls:
      break;
  }
  return ServiceFault::unreachable;
}

std::string text_of(const HttpResponse& response, const Redactor& secrets) {
  std::string text = fmt::format("the receiver answered {}", response.status);
  if (response.status >= 300 && response.status <= 399) {
    text += ", a redirect, which is not followed; name the new address in url";
  }
  const std::string said = secrets.quote(trim(response.body));
  return said.empty() ? text : text + ": " + said;
}

}  // namespace

bool topic_has_kind(std::string_view topic, std::string_view kind) {
  constexpr std::string_view before = "event/";
  if (!topic.starts_with(before)) return false;
  topic.remove_prefix(before.size());
  if (topic.size() <= kind.size() || topic[kind.size()] != '/') return false;
  return std::equal(kind.begin(), kind.end(), topic.begin(), [](char of_kind, char of_topic) {
    return of_topic == (of_kind == '.' ? '/' : of_kind);
  });
}

std::string_view event_id_of(std::string_view event_json) {
  constexpr std::string_view before = R"({"specversion":"1.0","id":")";
  if (!event_json.starts_with(before)) return {};
  event_json.remove_prefix(before.size());
  return event_json.substr(0, event_json.find('"'));
}

HttpOptions webhook_http_options(const WebhookSettings& settings) {
  const bool plain = settings.url.starts_with("http://");  // the configuration allows it
  return {.timeout = settings.timeout,
          .max_bytes = max_answer_bytes,
          .cut_body = true,
          .allow_insecure = plain,
          .ca_file = settings.ca_file,
          // Without allow_insecure the receiver is on this host: a proxy would not find it, and
          // nothing may leave the host unencrypted.
          .use_proxy = !plain || settings.allow_insecure};
}

HttpRequest webhook_request(const std::string& url, const WebhookKey& key,
                            const std::string& event_json, Instant now) {
  const std::string id{event_id_of(event_json)};
  const std::int64_t seconds = unix_seconds(now);
  return {.method = "POST",
          .url = url,
          .headers = {{"Content-Type", "application/cloudevents+json"},
                      {"webhook-id", id},
                      {"webhook-timestamp", std::to_string(seconds)},
                      {"webhook-signature", webhook_signature(key, id, seconds, event_json)}},
          .body = event_json};
}

WebhookAnswer read_webhook_answer(const HttpResponse& response, Instant now,
                                  const Redactor& secrets) {
  WebhookAnswer answer{.kind = kind_of(response.status), .status = response.status};
  if (answer.kind == Kind::delivered) return answer;
  answer.failure = {fault_of(response.status), text_of(response, secrets),
                    retry_after(response, now)};
  return answer;
}

WebhookAnswer read_webhook_answer(const HttpError& error, const Redactor& secrets) {
  return {.kind = Kind::failed,
          .status = 0,
          .failure = {fault_of(error.kind()), secrets.quote(error.what())}};
}

}  // namespace iotcard
