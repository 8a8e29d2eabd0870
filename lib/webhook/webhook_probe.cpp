// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_probe.h"

#include "http/http_client.h"
#include "webhook/webhook_message.h"

namespace iotcard {

WebhookProbe probe_webhook(const WebhookSettings& settings) {
  try {
    const auto http = make_http_client(webhook_http_options(settings));
    return {
        .status =
            http->send({.method = "GET", .url = settings.url, .headers = {}, .body = {}}).status};
  } catch (const HttpError& error) {
    return {.status = 0, .problem = error.what()};
  }
}

}  // namespace iotcard
