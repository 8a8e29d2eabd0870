// SPDX-License-Identifier: Apache-2.0
// daemon_statuses.h - What the daemons of the configuration's events.prefix say on their status
// topics: PREFIX/status, and PREFIX/status/CLIENT of those that share the reports. The main thread.
#pragma once

#include <chrono>
#include <string>

#include "config/config.h"
#include "operations/doctor/daemon_status.h"

namespace iotcard {

// Visits the broker. If it cannot be reached or does not let this account listen, own.problem says
// why. `own.folder_held` is set.
DaemonStatuses read_daemon_statuses(const Config& config, std::chrono::milliseconds patience);

}  // namespace iotcard
