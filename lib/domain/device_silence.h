// SPDX-License-Identifier: Apache-2.0
// device_silence.h - The events of a device that has not reported for the configured time, and of
// its next report. schemas/event.schema.json describes their data. Pure; any thread.
#pragma once

#include <optional>

#include "domain/event.h"

namespace iotcard {

// `last_seen`: its last report; `at`: when it was found silent.
Event silent_event(const DeviceKey& device, Instant last_seen, Instant at);
// `last_seen`: its last report before this one of `at`, which ends the silence.
Event heard_event(const DeviceKey& device, const std::optional<Instant>& last_seen,
                  Instant silent_since, Instant at);

}  // namespace iotcard
