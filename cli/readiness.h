// SPDX-License-Identifier: Apache-2.0
// readiness.h - status --ready; see readiness.cpp. The main thread only.
#pragma once

#include "program.h"

namespace iotcard {

// One line on standard output, or one object with --json. Returns success if the daemon is ready.
// Throws UsageError if it is not known where to ask, and ConfigError.
int show_readiness(Program& program);

}  // namespace iotcard
