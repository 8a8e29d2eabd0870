// SPDX-License-Identifier: Apache-2.0
// webhook_section.h - Reads one [[webhook]]. For config.cpp only.
#pragma once

#include <vector>

#include "domain/retention.h"
#include "toml/section_reader.h"
#include "webhook/webhook_settings.h"

namespace iotcard {

void read_webhook(SectionReader section, const Retention& retention,
                  std::vector<WebhookSettings>& webhooks);

}  // namespace iotcard
