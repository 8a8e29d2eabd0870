// SPDX-License-Identifier: Apache-2.0
// webhook_message.h - One event as an HTTP request, and what the answer means. Pure; any thread.
// Sources: CloudEvents 1.0.2, HTTP protocol binding, structured mode; Standard Webhooks 1.0.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/redactor.h"
#include "base/service_health.h"
#include "base/time.h"
#include "http/http_client.h"
#include "webhook/webhook_key.h"
#include "webhook/webhook_settings.h"

namespace iotcard {

// Whether "event/mismatch/card_in_use/1/D6O0RUN27PPP" is of the kind "mismatch.card_in_use".
bool topic_has_kind(std::string_view topic, std::string_view kind);
// The id in the JSON of an event; "" if it has none.
std::string_view event_id_of(std::string_view event_json);

HttpOptions webhook_http_options(const WebhookSettings& settings);
HttpRequest webhook_request(const std::string& url, const WebhookKey& key,
                            const std::string& event_json, Instant now);

struct WebhookAnswer {
  enum class Kind : std::uint8_t {
    delivered,  // 2xx
    failed,     // it may work later: no answer, a redirect, 408, 429, 5xx
    refused,    // any other 4xx: about this event, or about all of them
    gone,       // 410: the receiver wants no more events
  };
  Kind kind = Kind::delivered;
  int status = 0;                                     // 0: there was no answer
  ServiceFailure failure{ServiceFault::refused, {}};  // unless it was delivered
};
WebhookAnswer read_webhook_answer(const HttpResponse& response, Instant now,
                                  const Redactor& secrets);
WebhookAnswer read_webhook_answer(const HttpError& error, const Redactor& secrets);

}  // namespace iotcard
