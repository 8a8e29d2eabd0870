// SPDX-License-Identifier: Apache-2.0
// webhook_probe.h - Whether the url of a webhook answers at all: a GET without an event and without
// a signature. Blocks until the answer, at most settings.timeout. Any thread.
#pragma once

#include <string>

#include "webhook/webhook_settings.h"

namespace iotcard {

struct WebhookProbe {
  int status = 0;         // any status proves that the receiver is there; 0: no answer
  std::string problem{};  // why there was none
};
WebhookProbe probe_webhook(const WebhookSettings& settings);

}  // namespace iotcard
