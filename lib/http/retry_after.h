// SPDX-License-Identifier: Apache-2.0
// retry_after.h - How long a server asks not to be asked. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "base/time.h"
#include "http/http_client.h"

namespace iotcard {

// Retry-After of 429 and 503: seconds, or a date (RFC 9110, 10.2.3). At most a day.
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, Instant now);

}  // namespace iotcard
